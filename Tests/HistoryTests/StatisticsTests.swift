import Model
import Testing

@testable import History

/// The figures of a file, worked out by hand.
@Suite struct StatisticsTests {
    /// 2, 4, 4, 4, 5, 5, 7, 9: mean 40/8 = 5; squares 9+1+1+1+0+0+4+16 = 32; of the sample √(32/7).
    @Test func meanAndDeviation() throws {
        var statistics = RunningStatistics()
        #expect(statistics.standardDeviation == nil)
        for number in [2.0, 4, 4, 4, 5, 5, 7, 9] { statistics.add(number) }
        #expect(statistics.count == 8)
        #expect(statistics.mean == 5)
        let deviation = try #require(statistics.standardDeviation)
        #expect(abs(deviation - (32.0 / 7).squareRoot()) < 1e-12)
    }

    /// A sixteenth of 1600 bytes is 100.
    @Test(arguments: [
        (0..<100, 1600, 0x0001), (0..<101, 1600, 0x0003), (1500..<1600, 1600, 0x8000),
        (0..<1600, 1600, 0xFFFF), (99..<100, 1600, 0x0001), (100..<200, 1600, 0x0002),
        // Beyond the end, and of a file without a size.
        (1600..<1700, 1600, 0), (0..<10, 0, 0),
        // One byte is all of a file of one byte.
        (0..<1, 1, 0xFFFF), (1..<2, 2, 0xFF00),
    ])
    func partsOfAFile(range: Range<Int>, size: Int, mask: Int) {
        let range = Int64(range.lowerBound)..<Int64(range.upperBound)
        #expect(ReadParts.mask(of: range, fileSize: Int64(size)) == UInt16(mask))
    }

    /// After 255 sessions with a part: 127 are left, with the next one 128, of 128.
    @Test func countersAreHalvedTogether() {
        var parts = ReadParts()
        for _ in 0..<255 { parts.add(session: 0x0001) }
        #expect(parts.sessions == 255)
        parts.add(session: 0x8001)
        #expect(parts.sessions == 128)
        #expect(parts.share(ofPart: 0) == 1)
        #expect(parts.share(ofPart: 15) == 1.0 / 128)
        #expect(parts.share(ofPart: 16) == 0)
    }

    /// Three opens at 0, 60 and 180 s: intervals 60 and 120, mean 90, deviation √((30² + 30²)/1) = 42.43.
    /// Between the first and the second all is read, between the second and the third the first 200 bytes of 1600.
    @Test func figuresOfAFile() throws {
        var use = FileUse(path: path("film.mkv"))
        use.add(opened("film.mkv", at: 0, size: 1600))
        use.add(read("film.mkv", 0..<1000, at: 1, size: 1600))
        use.add(read("film.mkv", 1000..<1600, at: 2, size: 1600))
        #expect(use.wholeShare == nil)
        use.add(opened("film.mkv", at: 60, size: 1600))
        #expect(use.wholeShare == 1)
        use.add(read("film.mkv", 0..<200, at: 61, size: 1600))
        use.add(opened("film.mkv", at: 180, size: 1700))
        #expect(use.opens == 3)
        #expect(use.firstOpen == moment(0))
        #expect(use.lastOpen == moment(180))
        #expect(use.intervals.mean == 90)
        let deviation = try #require(use.intervals.standardDeviation)
        #expect(abs(deviation - 1800.0.squareRoot()) < 1e-9)
        #expect(use.bytesRead == 1800)
        #expect(use.furthestByte == 1600)
        #expect(use.headBytes.mean == 900)
        #expect(use.wholeShare == 0.5)
        #expect(use.parts.share(ofPart: 1) == 1)
        #expect(use.parts.share(ofPart: 2) == 0.5)
        #expect(use.lastSize == 1700)
    }

    /// The clock is set back by an hour between the second and the third open, and goes on from there.
    @Test func aClockThatIsSetBackGivesNoInterval() {
        var use = FileUse(path: path("a"))
        for second in [Int64(7200), 7300, 3700, 3800] { use.add(opened("a", at: second)) }
        #expect(use.opens == 4)
        #expect(use.intervals.count == 2)
        #expect(use.intervals.mean == 100)
        #expect(use.firstOpen == moment(3700))
        #expect(use.lastOpen == moment(3800))
    }
}
