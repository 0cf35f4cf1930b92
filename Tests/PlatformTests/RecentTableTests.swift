import Platform
import TestSupport
import Testing

@Suite struct RecentTableTests {
    @Test func whatWasUsedLeastRecentlyFallsOut() {
        var table = RecentTable<Int, String>(capacity: 2)
        #expect(table.insert("one", for: 1) == nil)
        #expect(table.insert("two", for: 2) == nil)
        #expect(table.value(for: 1) == "one")
        #expect(table.insert("three", for: 3) == "two")
        #expect(table.insert("one again", for: 1) == "one")
        #expect(table.insert("four", for: 4) == "three")
        #expect(table.value(for: 3) == nil)
        #expect(table.remove(1) == "one again")
        #expect(table.remove(1) == nil)
        #expect(table.count == 1)
    }

    @Test func theOldestAreTakenOutAsLongAsTheyAreAskedFor() {
        var table = RecentTable<Int, Int>(capacity: 8)
        for key in 0..<6 { _ = table.insert(key * 10, for: key) }
        _ = table.value(for: 0)
        #expect(table.removeOldest { count, value in count > 3 && value < 50 } == [10, 20, 30])
        #expect(table.removeOldest { _, value in value > 40 } == [])
        #expect(table.removeOldest { _, _ in true } == [40, 50, 0])
        #expect(table.count == 0)
        #expect(table.removeOldest { _, _ in true } == [])
    }

    /// Against a list of pairs, oldest use first.
    @Test(arguments: [UInt64.random(in: .min ... .max), 1, 2])
    func behavesLikeAList(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        var table = RecentTable<Int, Int>(capacity: 8)
        var list: [(key: Int, value: Int)] = []
        for step in 0..<5000 {
            let key = Int.random(in: 0..<20, using: &generator)
            let known = list.firstIndex { $0.key == key }
            switch Int.random(in: 0..<100, using: &generator) {
            case 0:
                let removed = table.removeAll { $0 % 2 == key % 2 }
                #expect(
                    removed.sorted() == list.filter { $0.key % 2 == key % 2 }.map(\.value).sorted())
                list.removeAll { $0.key % 2 == key % 2 }
            case 1..<20:
                #expect(table.remove(key) == known.map { list.remove(at: $0).value })
            case 20..<50:
                #expect(table.value(for: key) == known.map { list[$0].value }, "seed \(seed)")
                if let known { list.append(list.remove(at: known)) }
            default:
                var gone = known.map { list.remove(at: $0).value }
                list.append((key, step))
                if list.count > table.capacity { gone = list.removeFirst().value }
                #expect(table.insert(step, for: key) == gone, "seed \(seed), step \(step)")
            }
            #expect(table.count == list.count)
        }
    }
}
