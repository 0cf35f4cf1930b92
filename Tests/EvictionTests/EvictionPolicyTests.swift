import Model
import TestSupport
import Testing

@testable import Eviction

@Suite struct EvictionPolicyTests {
    // MARK: - LRU

    @Test func lruByHand() {
        var policy = LRUPolicy<String>()
        for key in ["a", "b", "c", "d"] { policy.insert(key, size: 10) }
        policy.touch("a")
        policy.demote("d")
        #expect(policy.count == 4 && policy.totalSize == 40)
        policy.insert("b", size: 25)  // grows, and is used by that
        #expect(policy.totalSize == 55)
        #expect(policy.remove("nobody") == nil)
        var order: [String] = []
        while let victim = policy.victim() { order.append(victim.key) }
        #expect(order == ["d", "c", "a", "b"])
        #expect(policy.count == 0 && policy.totalSize == 0)
        policy.touch("a")
        policy.demote("a")
        #expect(policy.victim() == nil)
    }

    /// Against a plain array, coldest first.
    @Test(arguments: [1, 2, 3, UInt64.random(in: .min ... .max)])
    func lruAgainstAModel(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var policy = LRUPolicy<Int>()
        var model: [(key: Int, size: Int)] = []
        for step in 0..<20_000 {
            let key = Int(random.next() % 50)
            let place = model.firstIndex { $0.key == key }
            switch random.next() % 10 {
            case 0..<4:
                let size = Int(random.next() % 1000)
                policy.insert(key, size: size)
                if let place { model.remove(at: place) }
                model.append((key, size))
            case 4..<7:
                policy.touch(key)
                if let place { model.append(model.remove(at: place)) }
            case 7:
                policy.demote(key)
                if let place { model.insert(model.remove(at: place), at: 0) }
            case 8:
                let removed = policy.remove(key)
                #expect(removed == place.map { model.remove(at: $0).size }, "seed \(seed)")
            default:
                let victim = policy.victim()
                let expected = model.isEmpty ? nil : model.removeFirst()
                #expect(victim?.key == expected?.key, "seed \(seed), step \(step)")
            }
            #expect(
                policy.count == model.count
                    && policy.contains(key) == model.contains { $0.key == key })
        }
        #expect(policy.totalSize == model.reduce(0) { $0 + $1.size })
    }

    // MARK: - LFU with dynamic ageing

    /// Worked by hand: priority = hits + age at the last use; age = priority of the last victim.
    @Test func lfuByHand() {
        var policy = LFUAgingPolicy<String>()
        for key in ["a", "b", "c"] { policy.insert(key, size: 1) }
        // a: 3 uses, b: 2, c: 1; age 0.
        policy.touch("a")
        policy.touch("a")
        policy.touch("b")
        #expect(policy.victim()?.key == "c")
        #expect(policy.age == 1)
        // d comes with 1 use at age 1: priority 2, like b, but used later than b.
        policy.insert("d", size: 1)
        #expect(policy.record(of: "d")?.rank == 2)
        #expect(policy.victim()?.key == "b")
        #expect(policy.age == 2)
        // d once more: 2 hits + age 2 = 4, above a's 3: what was popular long ago goes first.
        policy.touch("d")
        #expect(policy.record(of: "d")?.rank == 4)
        #expect(policy.victim()?.key == "a")
        #expect(policy.age == 3)
        #expect(policy.victim()?.key == "d")
        #expect(policy.age == 4)
        #expect(policy.victim() == nil)
    }

    @Test func amongEqualsTheLeastRecentlyUsedGoes() {
        var policy = LFUAgingPolicy<Int>()
        for key in 0..<5 { policy.insert(key, size: 1) }
        for key in [3, 1, 4, 0, 2] { policy.touch(key) }
        var order: [Int] = []
        while let victim = policy.victim() { order.append(victim.key) }
        #expect(order == [3, 1, 4, 0, 2])
    }

    /// What is of low priority goes before other newcomers, also those that came before it; once it is used it is as they are.
    @Test func whatIsOfLowPriorityGoesBeforeOtherNewcomers() {
        var policy = LFUAgingPolicy<String>()
        policy.insert("read", size: 1)
        for key in ["scanned", "scanned and read"] {
            policy.insert(key, EntryTraits(size: 1, priority: .low))
        }
        policy.touch("scanned and read")
        var order: [String] = []
        while let victim = policy.victim() { order.append(victim.key) }
        #expect(order == ["scanned", "read", "scanned and read"])
    }

    @Test func restoredEntriesKeepTheirWorth() {
        var policy = LFUAgingPolicy<Int>(age: 100)
        policy.insert(1, size: 1)  // 101
        policy.restore(2, EntryRecord(size: 1, uses: 50, rank: 90, lastUse: 0))
        policy.restore(3, EntryRecord(size: 1, uses: 2, rank: 102, lastUse: 0))
        policy.restore(1, EntryRecord(size: 9, uses: 9, rank: 9, lastUse: 0))  // known already
        #expect(policy.record(of: 1)?.rank == 101 && policy.totalSize == 3)
        policy.touch(2)  // 100 + 51
        #expect([policy.victim()?.key, policy.victim()?.key, policy.victim()?.key] == [1, 3, 2])
        #expect(policy.age == 151)
    }

    private struct Modelled {
        var hits: UInt64
        var priority: UInt64
        var stamp: Int
        var size: Int
    }

    /// Against a dictionary that is searched through.
    @Test(arguments: [1, 2, 3, UInt64.random(in: .min ... .max)])
    func lfuAgainstAModel(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var policy = LFUAgingPolicy<Int>()
        var model: [Int: Modelled] = [:]
        var age: UInt64 = 0
        for step in 0..<20_000 {
            let key = Int(random.next() % 60)
            func use() {
                guard var entry = model[key] else { return }
                entry.hits += 1
                entry.priority = entry.hits + age
                entry.stamp = step
                model[key] = entry
            }
            switch random.next() % 10 {
            case 0..<3:
                let size = Int(random.next() % 1000)
                policy.insert(key, size: size)
                if model[key] != nil {
                    model[key]?.size = size
                    use()
                } else {
                    model[key] = Modelled(hits: 1, priority: age + 1, stamp: step, size: size)
                }
            case 3..<8:
                // Mostly one hot key, whose lists must not pile up.
                policy.touch(key < 30 ? 0 : key)
                let kept = key
                if kept < 30 {
                    if var entry = model[0] {
                        entry.hits += 1
                        entry.priority = entry.hits + age
                        entry.stamp = step
                        model[0] = entry
                    }
                } else {
                    use()
                }
            case 8:
                let removed = policy.remove(key)
                #expect(removed == model.removeValue(forKey: key)?.size, "seed \(seed)")
            default:
                let expected = model.min {
                    ($0.value.priority, $0.value.stamp) < ($1.value.priority, $1.value.stamp)
                }
                let victim = policy.victim()
                #expect(victim?.key == expected?.key, "seed \(seed), step \(step)")
                if let expected {
                    age = expected.value.priority
                    model[expected.key] = nil
                }
            }
            #expect(policy.count == model.count)
            #expect(policy.age == age)
        }
        #expect(policy.totalSize == model.values.reduce(0) { $0 + $1.size })
    }

    // MARK: - Pins

    private func checkPins(_ policy: consuming some EvictionPolicy<String>) {
        for key in ["a", "b", "c"] { policy.insert(key, size: 10) }
        policy.pin("a")
        policy.pin("a")
        policy.pin("nobody")
        policy.touch("a")
        policy.insert("a", EntryTraits(size: 15))
        #expect(policy.count == 3 && policy.totalSize == 35 && policy.contains("a"))
        #expect([policy.victim()?.key, policy.victim()?.key] == ["b", "c"])
        #expect(policy.victim() == nil && policy.totalSize == 15)
        // As one that was just used.
        policy.insert("d", size: 10)
        policy.unpin("a")
        policy.unpin("a")
        #expect([policy.victim()?.key, policy.victim()?.key] == ["d", "a"])
        policy.insert("e", size: 1)
        policy.pin("e")
        #expect(policy.remove("e") == 1 && policy.count == 0 && policy.totalSize == 0)
        policy.unpin("e")
        #expect(policy.victim() == nil)
    }

    /// What is pinned is counted, and goes neither by being old nor by being unused.
    @Test func whatIsPinnedStays() {
        checkPins(LRUPolicy<String>())
        checkPins(LFUAgingPolicy<String>())
        var policy = LRUPolicy<String>()
        policy.insert("a", size: 1)
        policy.pin("a")
        policy.demote("a")
        #expect(policy.victim() == nil && policy.contains("a"))
    }

    @Test func heapGivesTheLeastFirst() {
        var random = SplitMix(seed: 7)
        var heap = MinimumHeap()
        var numbers: [UInt64] = []
        for _ in 0..<500 {
            let number = random.next() % 100
            heap.insert(number)
            numbers.append(number)
        }
        var order: [UInt64] = []
        while let least = heap.minimum {
            order.append(least)
            heap.removeMinimum()
        }
        #expect(order == numbers.sorted())
    }
}
