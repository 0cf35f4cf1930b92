import Model
import TestSupport
import Testing

@testable import Eviction

@Suite struct RetentionTests {
    private static let day: Int64 = 86400

    private func isNear(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-9 }

    /// Worked out by hand from the formula.
    @Test func retentionByHand() {
        let score = { (days: Double, priority: Priority, uses: UInt32) in
            RetentionScore.retention(age: days * 86400, priority: priority, uses: uses)
        }
        // Just used, pinned, a hundred times: all there is.
        #expect(isNear(score(0, .critical, 100), 1))
        // 0.4 × (1 − 15/30) + 0.4 × 0.5 + 0.2 × 25/100
        #expect(isNear(score(15, .medium, 25), 0.2 + 0.2 + 0.05))
        // 0.4 × (1 − 3/30) + 0.4 × 0.8 + 0.2 × 1/100
        #expect(isNear(score(3, .high, 1), 0.36 + 0.32 + 0.002))
        // Beyond 30 days, and 100 uses, nothing changes.
        #expect(isNear(score(45, .low, 250), 0.08 + 0.2))
        // A clock that went back.
        #expect(isNear(score(-7, .low, 0), 0.4 + 0.08))
    }

    @Test func promotionByHand() {
        let score = { (uses: UInt32, minutes: Double, threshold: Double) in
            RetentionScore.promotion(uses: uses, pause: minutes * 60, threshold: threshold)
        }
        #expect(isNear(score(1, 0, 0.7), 0.7))
        #expect(isNear(score(1, 60, 0.7), 0.35))
        #expect(isNear(score(3, 180, 0.8), 0.6))
        #expect(score(1, 9, 0.7) > RetentionScore.promotionMin)
        #expect(score(1, 11, 0.7) < RetentionScore.promotionMin)
    }

    @Test func whatIsLeastWorthKeepingGoesFirst() {
        var policy = RetentionPolicy<String>()
        policy.advance(to: 100 * Self.day)
        policy.insert("scanned", EntryTraits(size: 1, priority: .low))
        policy.insert("old", EntryTraits(size: 1, priority: .medium))
        policy.insert("loved", EntryTraits(size: 1, priority: .medium))
        policy.insert("played", EntryTraits(size: 1, priority: .high))
        for _ in 0..<70 { policy.touch("loved") }
        policy.advance(to: 104 * Self.day)
        policy.insert("new", EntryTraits(size: 1, priority: .medium))
        // .347 + .08; .347 + .2; .4 + .2; .347 + .32; .347 + .2 + .14
        var order: [String] = []
        while let victim = policy.victim() { order.append(victim.key) }
        #expect(order == ["scanned", "old", "new", "played", "loved"])
    }

    /// As it was written down, with the priority: and what another policy wrote is not taken for more than there is.
    @Test func recordsAreRestored() {
        var before = RetentionPolicy<Int>()
        before.advance(to: 50 * Self.day)
        before.insert(1, EntryTraits(size: 7, priority: .high))
        before.insert(2, EntryTraits(size: 8, priority: .low))
        before.touch(2)
        var after = RetentionPolicy<Int>()
        after.advance(to: 60 * Self.day)
        for key in [1, 2] { before.record(of: key).map { after.restore(key, $0) } }
        for key in [1, 2] { #expect(after.record(of: key) == before.record(of: key)) }
        #expect(after.totalSize == 15)
        after.restore(3, EntryRecord(size: 1, uses: 5, rank: 1 << 50, lastUse: 55 * Self.day))
        #expect(after.record(of: 3)?.priority == .medium)
        // Used once since it is here: when before that is not known.
        #expect(after.pause(of: 1) == nil)
        after.touch(1)
        #expect(after.pause(of: 1) == Double(10 * Self.day))
    }

    /// A list that is looked through for the lowest score.
    private struct Model {
        struct Entry {
            var key: Int
            var size: Int
            var uses: UInt32 = 0
            var lastUse: Int64
            var priority: Priority
            var isPinned = false
        }

        var entries: [Entry] = []
        var now: Int64 = 0

        func place(_ key: Int) -> Int? { entries.firstIndex { $0.key == key } }

        mutating func insert(_ key: Int, _ size: Int, _ priority: Priority) {
            guard let place = place(key) else {
                entries.append(Entry(key: key, size: size, lastUse: now, priority: priority))
                return
            }
            entries[place].size = size
            touch(key)
        }

        mutating func touch(_ key: Int) {
            guard let place = place(key) else { return }
            entries[place].uses += 1
            entries[place].lastUse = now
        }

        mutating func remove(_ key: Int) -> Int? { place(key).map { entries.remove(at: $0).size } }

        mutating func pin(_ key: Int, _ isPinned: Bool) {
            guard let place = place(key), entries[place].isPinned != isPinned else { return }
            entries[place].isPinned = isPinned
            if !isPinned { entries[place].lastUse = now }
        }

        func score(_ entry: Entry) -> Double {
            RetentionScore.retention(
                age: Double(now - entry.lastUse), priority: entry.priority, uses: entry.uses)
        }

        var lowest: Double? { entries.filter { !$0.isPinned }.map(score).min() }
    }

    @Test(arguments: [1, 2, 3, UInt64.random(in: .min ... .max)])
    func againstAModel(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var policy = RetentionPolicy<Int>()
        var model = Model(now: 1000 * Self.day)
        for step in 0..<20_000 {
            model.now += Int64(random.next() % 20_000)
            policy.advance(to: model.now)
            let key = Int(random.next() % 60)
            switch random.next() % 12 {
            case 0..<4:
                let size = Int(random.next() % 1000)
                let priority = Priority.allCases[Int(random.next() % 4)]
                policy.insert(key, EntryTraits(size: size, priority: priority))
                model.insert(key, size, priority)
            case 4..<8:
                policy.touch(key)
                model.touch(key)
            case 8:
                let removed = policy.remove(key)
                #expect(removed == model.remove(key))
            case 9:
                policy.pin(key)
                model.pin(key, true)
            case 10:
                policy.unpin(key)
                model.pin(key, false)
            default:
                let lowest = model.lowest
                let victim = policy.victim()
                let found = victim.flatMap { model.place($0.key) }.map { model.entries[$0] }
                #expect((found == nil) == (lowest == nil), "seed \(seed), step \(step)")
                guard let found, let lowest else { continue }
                #expect(!found.isPinned, "seed \(seed), step \(step)")
                #expect(model.score(found) <= lowest + 1e-12, "seed \(seed), step \(step)")
                _ = model.remove(found.key)
            }
            #expect(policy.count == model.entries.count)
            #expect(policy.totalSize == model.entries.reduce(0) { $0 + $1.size })
        }
    }

    /// Who comes late from another tier is not taken for younger than those that were used after him.
    @Test func whoComesLateIsPutIntoHisPlace() {
        var policy = RetentionPolicy<Int>()
        policy.advance(to: 20 * Self.day)
        for day in [10, 12, 14] {
            policy.restore(
                day, EntryRecord(size: 1, uses: 3, rank: 1, lastUse: Int64(day) * Self.day))
        }
        for day in [11, 9, 13] {
            policy.restore(
                day, EntryRecord(size: 1, uses: 3, rank: 1, lastUse: Int64(day) * Self.day))
        }
        var order: [Int] = []
        while let victim = policy.victim() { order.append(victim.key) }
        #expect(order == [9, 10, 11, 12, 13, 14])
    }
}
