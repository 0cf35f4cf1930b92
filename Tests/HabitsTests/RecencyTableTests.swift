import TestSupport
import Testing

@testable import Habits

@Suite struct RecencyTableTests {
    @Test func whoeverCameBackOutlivesAWalkThroughEverything() {
        var table = RecencyTable<Int, Int>(capacity: 10)
        for key in 0..<4 { table.promote(table.touch(key, or: key).place) }
        for key in 100..<1100 { _ = table.touch(key, or: key) }
        #expect((0..<4).allSatisfy { table.place(of: $0) != nil })
        #expect(table.count == 10)
        // Eight may be promoted; a ninth sends the oldest of them back on probation.
        for key in 4..<9 { table.promote(table.touch(key, or: key).place) }
        _ = table.touch(2000, or: 0)
        _ = table.touch(2001, or: 0)
        #expect(table.place(of: 0) == nil)
        #expect((1..<9).allSatisfy { table.place(of: $0) != nil })
    }

    /// Held against two arrays, the oldest first.
    @Test(arguments: 1...6) func agreesWithArrays(seed: Int) {
        var numbers = SplitMix(seed: UInt64(seed))
        let capacity = Int.random(in: 2...12, using: &numbers)
        var table = RecencyTable<Int, Int>(capacity: capacity, promotedShare: 0.6)
        var probation: [Int] = []
        var promoted: [Int] = []
        for turn in 0..<600 {
            let key = Int.random(in: 0..<20, using: &numbers)
            let touched = table.touch(key, or: key * 10)
            var evicted: Int?
            if let index = probation.firstIndex(of: key) {
                probation.append(probation.remove(at: index))
            } else if let index = promoted.firstIndex(of: key) {
                promoted.append(promoted.remove(at: index))
            } else {
                if probation.count + promoted.count == capacity {
                    evicted = probation.isEmpty ? promoted.removeFirst() : probation.removeFirst()
                }
                probation.append(key)
            }
            #expect(touched.evicted?.key == evicted, "seed \(seed), turn \(turn)")
            #expect(touched.evicted.map { $0.value == $0.key * 10 } ?? true)
            #expect(table[touched.place] == key * 10)
            #expect(table.key(at: touched.place) == key)
            if turn % 3 == 0, let index = probation.firstIndex(of: key), table.promotedMax > 0 {
                table.promote(touched.place)
                promoted.append(probation.remove(at: index))
                if promoted.count > table.promotedMax { probation.append(promoted.removeFirst()) }
            }
            #expect(table.count == probation.count + promoted.count)
            for known in promoted {
                #expect(table.place(of: known).map { table.isPromoted($0) } == true)
            }
        }
    }
}
