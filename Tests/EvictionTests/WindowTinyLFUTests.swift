import TestSupport
import Testing

@testable import Eviction

@Suite struct WindowTinyLFUTests {
    @Test func theSketchCountsAndForgets() {
        var sketch = FrequencySketch(entries: 100)
        for _ in 0..<6 { sketch.note(1) }
        #expect(sketch.frequency(1) == 6)
        #expect(sketch.frequency(2) == 0)
        for _ in 0..<40 { sketch.note(3) }
        #expect(sketch.frequency(3) == 15)
        for chunk in UInt64(1000)..<2000 { sketch.note(chunk) }
        #expect(sketch.frequency(1) <= 4)
    }

    @Test func theSketchKeepsItsCountsAsItGrows() {
        var sketch = FrequencySketch(entries: 4)
        for _ in 0..<5 { sketch.note(7) }
        sketch.grow(to: 1000)
        #expect(sketch.frequency(7) == 5)
        sketch.note(7)
        #expect(sketch.frequency(7) == 6)
    }

    private func drained(_ policy: WindowTinyLFUPolicy<Int32>) -> [Int32] {
        var policy = policy
        var order: [Int32] = []
        while let victim = policy.victim() { order.append(victim.key) }
        return order
    }

    /// Ten places, two of them window.
    @Test func byHand() {
        var policy = WindowTinyLFUPolicy<Int32>(capacity: 10, windowShare: 0.2)
        for key in Int32(0)..<10 { policy.insert(key, size: 1) }
        // Window 8 9, probation 0 ... 7. 0 is protected, 1 is used as often as it takes to be worth more than newcomers.
        policy.touch(0)
        // 10 sends 8 out of the window: no more often used than 1, the coldest on probation, it goes.
        policy.insert(10, size: 1)
        #expect(policy.victim()?.key == 8)
        // 9 is used twice more; when 11 and 12 push it out of the window, 1 goes for it.
        policy.touch(9)
        policy.touch(10)
        policy.touch(9)
        policy.insert(11, size: 1)
        #expect(policy.victim()?.key == 1, "10 was used twice, 1 once")
        policy.insert(12, size: 1)
        #expect(policy.victim()?.key == 2, "9 was used three times, 2 once")
        #expect(policy.count == 10 && policy.totalSize == 10)
        #expect(policy.contains(0) && policy.contains(9) && policy.contains(10))
    }

    @Test func withAllForTheWindowItIsLRU() {
        var random = SplitMix(seed: 5)
        var policy = WindowTinyLFUPolicy<Int32>(capacity: 50, windowShare: 1)
        var lru = LRUPolicy<Int32>()
        for _ in 0..<20_000 {
            let keys = Int32.random(in: 1...120, using: &random)
            let key = Int32.random(in: 0..<keys, using: &random)
            #expect(policy.contains(key) == lru.contains(key))
            if lru.contains(key) {
                policy.touch(key)
                lru.touch(key)
            } else {
                policy.insert(key, size: 1)
                lru.insert(key, size: 1)
                if lru.totalSize > 50 { #expect(policy.victim()?.key == lru.victim()?.key) }
            }
        }
    }

    @Test func whatIsDemotedGoesFirstAndIsSparedWhenUsed() {
        var policy = WindowTinyLFUPolicy<Int32>(capacity: 10, windowShare: 0.5)
        for key in Int32(0)..<10 { policy.insert(key, size: 1) }
        for key in [Int32(7), 1, 4] { policy.demote(key) }
        policy.touch(1)
        #expect(drained(policy).prefix(2) == [4, 7])
        policy.refresh(4)
        #expect(drained(policy).first == 7)
    }

    /// What was fetched ahead is in no contest with what comes after it: neither a window of one entry nor a scan throws it out unread.
    @Test func whatIsAheadWaitsUntilItIsRead() {
        let size = 4096
        var policy = WindowTinyLFUPolicy<Int32>(capacity: 10 * size, windowShare: 0.1)
        for key in Int32(100)..<107 { policy.insert(key, size: size) }
        for key in Int32(0)..<3 { policy.insertAhead(key, EntryTraits(size: size)) }
        func add(_ key: Int32) -> Int32? {
            policy.insert(key, size: size)
            return policy.victim()?.key
        }
        for key in Int32(200)..<203 { #expect(add(key) == key - 1 || key == 200) }
        // 1 is read: from now on it is as any other, a newcomer that was used once.
        policy.settle(1)
        let next = add(203)
        #expect(next == 1, "the window has one place")
        // As much has come in since as the cache holds: 0 and 2 were not read in time.
        var gone: [Int32] = []
        for key in Int32(300)..<307 { add(key).map { gone.append($0) } }
        #expect(gone[4] == 0 && gone[6] == 2)
    }

    /// A reader that has it all by now leaves it to the kernel; the first read counts as one use, however it came.
    @Test func whatWasAheadCountsOnceItIsRead() {
        var policy = WindowTinyLFUPolicy<Int32>(capacity: 3, windowShare: 0.4)
        policy.insertAhead(1, EntryTraits(size: 1))
        policy.insert(2, size: 1)
        policy.insertAhead(1, EntryTraits(size: 1))
        #expect(policy.settle(1) == 1)
        #expect(policy.settle(1) == nil, "it is in the window")
        policy.insert(3, size: 1)
        policy.insertAhead(3, EntryTraits(size: 1))
        #expect(policy.settle(3) == nil, "that was used when it came")
        #expect(policy.settle(9) == nil)
    }

    @Test func whatCannotGoIsNextAgainAndNotUsed() {
        var policy = WindowTinyLFUPolicy<Int32>(capacity: 4, windowShare: 0.5)
        for key in Int32(0)..<4 { policy.insert(key, size: 1) }
        let order = drained(policy)
        let first = policy.victim()?.key
        let second = policy.victim()?.key
        #expect([first, second] == order.prefix(2).map { $0 })
        for key in [second, first].compactMap(\.self) { policy.restore(key, EntryTraits(size: 1)) }
        #expect(drained(policy) == order)
        #expect(policy.totalSize == 4)
    }

    /// It loses nobody, whatever is done to it: all leave once, and sizes add up.
    @Test(arguments: [1, 2, UInt64.random(in: .min ... .max)])
    func nobodyIsLost(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var policy = AdaptiveTinyLFUPolicy<Int32>(capacity: 20_000)
        var sizes: [Int32: Int] = [:]
        var pinned: Set<Int32> = []
        for step in 0..<30_000 {
            let key = Int32.random(in: 0..<100, using: &random)
            switch Int.random(in: 0..<24, using: &random) {
            case 20..<22:
                let size = Int.random(in: 0...1000, using: &random)
                policy.insertAhead(key, EntryTraits(size: size))
                sizes[key] = size
            case 22: policy.settle(key)
            case 23:
                if sizes[key] == nil {
                    policy.restore(key, EntryTraits(size: 7))
                    sizes[key] = 7
                }
            case 0..<6:
                let size = Int.random(in: 0...1000, using: &random)
                policy.insert(key, size: size)
                sizes[key] = size
            case 6..<11: policy.touch(key)
            case 11: policy.refresh(key)
            case 12: policy.demote(key)
            case 13:
                #expect(policy.remove(key) == sizes.removeValue(forKey: key))
                pinned.remove(key)
            case 14:
                policy.pin(key)
                if sizes[key] != nil { pinned.insert(key) }
            case 15:
                policy.unpin(key)
                pinned.remove(key)
            case 16: policy.capacity = Int.random(in: 1...40_000, using: &random)
            default:
                guard policy.totalSize > policy.capacity else { continue }
                let victim = policy.victim()
                #expect((victim == nil) == (sizes.count == pinned.count), "seed \(seed)")
                guard let victim else { continue }
                #expect(!pinned.contains(victim.key), "seed \(seed), step \(step)")
                #expect(sizes.removeValue(forKey: victim.key) == victim.size)
            }
            #expect(policy.count == sizes.count && policy.contains(key) == (sizes[key] != nil))
        }
        #expect(policy.totalSize == sizes.values.reduce(0, +))
        for key in pinned { policy.unpin(key) }
        while let victim = policy.victim() { #expect(sizes.removeValue(forKey: victim.key) != nil) }
        #expect(sizes.isEmpty && policy.totalSize == 0)
    }

    private func hits(
        _ accesses: some Sequence<Int32>, _ policy: inout AdaptiveTinyLFUPolicy<Int32>
    ) -> Int {
        accesses.reduce(0) { hits, key in
            guard !policy.contains(key) else {
                policy.touch(key)
                return hits + 1
            }
            policy.insert(key, size: 1)
            // As tiers do, who take out whatever goes by its key.
            while policy.totalSize > policy.capacity, let victim = policy.victim() {
                policy.remove(victim.key)
            }
            return hits
        }
    }

    @Test(arguments: [200, 3000])
    func theWindowFollowsWhatIsRead(capacity: Int) {
        var policy = AdaptiveTinyLFUPolicy<Int32>(capacity: capacity)
        // A loop a quarter larger than the cache: LRU has no hit in it.
        let loop = Int32(capacity) * 5 / 4
        for _ in 0..<20 { _ = hits(0..<loop, &policy) }
        #expect(policy.windowShare < 0.5)
        let found = (0..<4).reduce(0) { sum, _ in sum + hits(0..<loop, &policy) }
        #expect(found > capacity * 2)
        // Each key for a while, and never again: what was used often long ago is worth nothing.
        var walk: [Int32] = []
        let lag = Int32(capacity) * 2 / 5
        for step in Int32(0)..<Int32(capacity) * 20 {
            let start = 1000 * loop
            walk.append(start + step)
            walk.append(start + max(0, step - lag))
        }
        _ = hits(walk, &policy)
        #expect(policy.windowShare > 0.5)
    }
}
