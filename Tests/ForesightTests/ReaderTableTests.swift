import Testing

@testable import Foresight

@Suite struct ReaderTableTests {
    private func process(_ number: Int32) -> Reader {
        Feeder.reader(process: number)
    }

    /// 48 files of 1 MB and 64 KB read of each: 6 %.
    private func scan(_ table: inout ReaderTable, _ reader: Reader) {
        for _ in 0..<48 {
            table.opened(reader, size: 1_000_000)
            table.read(reader, bytes: 64_000)
        }
    }

    @Test func whoReadsLittleOfManyIsAScanner() {
        var table = ReaderTable(scanners: ["updatedb"])
        scan(&table, process(7))
        #expect(table.isScanner(process(7)))
        // With 4.8 MB of 48 the share is a tenth, and no longer under it.
        table.read(process(7), bytes: 4_800_000 - 48 * 64_000)
        #expect(!table.isScanner(process(7)))
        #expect(table.isScanner(Feeder.reader(program: "updatedb", process: 8)))
        #expect(!table.isScanner(process(9)))
    }

    /// 256 are remembered; then the quarter that opened nothing for longest goes, and each of the others keeps its own.
    @Test func theOldestQuarterIsForgotten() {
        var table = ReaderTable(scanners: [])
        for number in 1...Int32(ReaderTable.readersMax) { scan(&table, process(number)) }
        #expect(table.isScanner(process(1)))
        table.opened(process(1000), size: 1)
        #expect(!table.isScanner(process(1)))
        #expect(!table.isScanner(process(65)))
        #expect(table.isScanner(process(66)))
        #expect(table.isScanner(process(256)))
        #expect(!table.isScanner(process(1000)))
        // What is read counts for who read it, also after the places have moved.
        table.read(process(66), bytes: 48_000_000)
        #expect(!table.isScanner(process(66)) && table.isScanner(process(67)))
    }
}
