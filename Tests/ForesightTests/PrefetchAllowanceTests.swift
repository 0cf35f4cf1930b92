import Model
import Testing

@testable import Foresight

@Suite struct PrefetchAllowanceTests {
    @Test func aBucketOfOneSecond() {
        var allowance = PrefetchAllowance()
        #expect(allowance.left == .max)
        allowance.setRate(ByteCount(4_000_000), at: .seconds(5))
        #expect(allowance.left == 4_000_000, "it starts full")
        allowance.take(6_000_000)
        #expect(allowance.left == 0, "two million are owed")
        allowance.fill(at: .milliseconds(5500))
        #expect(allowance.left == 0)
        allowance.fill(at: .milliseconds(5750))
        #expect(allowance.left == 1_000_000)
        allowance.giveBack(500_000)
        #expect(allowance.left == 1_500_000)
        allowance.fill(at: .seconds(60))
        #expect(allowance.left == 4_000_000, "no more than a second's worth is saved")
        allowance.setRate(nil, at: .seconds(61))
        #expect(allowance.left == .max)
    }

    @Test func aTighterLimitStartsWithNoMoreThanItsOwn() {
        var allowance = PrefetchAllowance()
        allowance.setRate(ByteCount(8 << 20), at: .zero)
        allowance.setRate(ByteCount(1 << 20), at: .zero)
        #expect(allowance.left == 1 << 20)
        // Even at 64 KiB/s a whole request can be saved up.
        allowance.setRate(.kibibytes(64), at: .zero)
        #expect(allowance.left == 1 << 20)
    }

    /// Reads for ten seconds at `rate` bytes per second. - Returns: bytes issued.
    private func issued(rate: Double, limit: String, minute: Int = 0) throws -> Int64 {
        var feeder = Feeder()
        var schedule = BandwidthSchedule()
        try schedule.append(parsing: limit)
        feeder.foresight.setBandwidth(schedule, minuteOfDay: minute)
        let step = Duration.seconds(Double(128 << 10) / rate)
        for number in 0..<Int(10 * rate) / (128 << 10) {
            feeder.read(Int64(number) * 128 * kibibyte, 128 * kibibyte, after: step)
        }
        return feeder.bytesIssued
    }

    /// A copy at 50 MB/s wants 500 MB ahead. At 4 MB/s it gets 40 MB, what was saved at the start (4 MB), and at most
    /// one window of a chunk's rounding more.
    @Test func aCopyIsFetchedAheadAtTheLimit() throws {
        let bytes = try issued(rate: 50e6, limit: "4MB/s")
        #expect(bytes <= 44_000_000 + (1 << 20))
        #expect(bytes >= 38_000_000)
        #expect(try issued(rate: 50e6, limit: "off") >= 400_000_000)
    }

    @Test func theHourDecides() throws {
        let limit = "08:00-18:00=4MB/s"
        #expect(try issued(rate: 50e6, limit: limit, minute: 8 * 60) <= 45_100_000)
        #expect(try issued(rate: 50e6, limit: limit, minute: 18 * 60) >= 400_000_000)
        // The hour strikes while somebody reads.
        var feeder = Feeder()
        var schedule = BandwidthSchedule()
        try schedule.append(parsing: limit)
        feeder.foresight.setBandwidth(schedule, minuteOfDay: 7 * 60 + 59)
        #expect(feeder.foresight.report(at: .zero).rateMax == nil)
        feeder.foresight.setPressure(Pressure(minuteOfDay: 8 * 60))
        #expect(feeder.foresight.report(at: .zero).rateMax == ByteCount(4_000_000))
        feeder.foresight.setPressure(Pressure())
        #expect(feeder.foresight.report(at: .zero).rateMax == ByteCount(4_000_000))
    }

    /// A film needs less than the limit: it is as far ahead as ever.
    @Test func whoReadsSlowerThanTheLimitNoticesNothing() throws {
        #expect(try issued(rate: 3e6, limit: "20MB/s") == issued(rate: 3e6, limit: "off"))
    }

    /// What was there already has cost the share nothing.
    @Test func whatIsCachedIsGivenBack() throws {
        var foresight = Foresight(Foresight.Configuration(strategy: .balanced))
        var schedule = BandwidthSchedule()
        try schedule.append(parsing: "1MB/s")
        foresight.setBandwidth(schedule, minuteOfDay: 0)
        for number in 0..<64 {
            let start = Int64(number) * 128 * kibibyte
            let plan = foresight.read(
                ReadEvent(
                    file: FileNumber(1), fileSize: 1 << 30, chunkSize: 1 << 20,
                    range: start..<(start + 128 * kibibyte), reader: Feeder.reader(),
                    at: .milliseconds(number)),
                among: NoNeighbourhood())
            for request in plan.requests { foresight.issued(request.number, bytes: 0) }
        }
        #expect(foresight.scene.arbiter.allowance.left == 1 << 20)
    }

    /// Files of a folder, one after the other: the sweep is bounded too.
    @Test func aSweepIsBounded() throws {
        let folder = OneFolder((0..<400).map { "p\(1000 + $0).jpg" }, size: mebibyte)
        func swept(_ limit: String) throws -> Int64 {
            var feeder = Feeder()
            var schedule = BandwidthSchedule()
            try schedule.append(parsing: limit)
            feeder.foresight.setBandwidth(schedule, minuteOfDay: 0)
            for file in folder.files.prefix(200) {
                feeder.open(file, after: .milliseconds(20), among: folder)
                feeder.read(
                    0, mebibyte, file: file.number.value, size: file.size, chunk: file.chunkSize,
                    after: .milliseconds(20), among: folder)
                feeder.close(file)
            }
            return feeder.bytesIssued
        }
        // Eight seconds at 2 MB/s, two million saved, and one file that is owed for.
        #expect(try swept("2MB/s") <= 16_000_000 + 2_097_152 + mebibyte)
        #expect(try swept("off") >= 150 * mebibyte)
    }

    /// What no reader waits for leaves half to those who read, and pays for what it has fetched, once that is known.
    @Test func theBackgroundTakesWhatReadersLeave() {
        var allowance = PrefetchAllowance()
        #expect(allowance.begin(1 << 40) == nil, "without a limit")
        allowance.end(1 << 40, fetched: 1 << 40)
        allowance.setRate(ByteCount(4_000_000), at: .zero)
        #expect(allowance.begin(1_500_000) == nil)
        #expect(allowance.begin(1_500_000) == nil, "2.5 million were left beside the first")
        #expect(allowance.begin(1) == .milliseconds(250), "a million is missing")
        #expect(allowance.left == 4_000_000, "it may all be there")
        allowance.end(1_500_000, fetched: 0)
        #expect(allowance.begin(1_000_000) == nil)
        allowance.end(1_500_000, fetched: 1_500_000)
        allowance.end(1_000_000, fetched: 1_000_000)
        #expect(allowance.left == 1_500_000)
        #expect(allowance.begin(1) == .milliseconds(125))
        allowance.fill(at: .milliseconds(124))
        #expect(allowance.begin(1) == .milliseconds(1))
        allowance.fill(at: .milliseconds(125))
        #expect(allowance.begin(1) == nil)
        // Somebody reads all the time: nothing is left.
        allowance.end(1, fetched: 1)
        for step in 1...100 {
            allowance.fill(at: .milliseconds(125 + 100 * step))
            allowance.take(400_000)
            #expect(allowance.begin(1) != nil)
        }
    }

    /// Over ten seconds and two hours of the day.
    @Test func theBackgroundKeepsToTheHours() throws {
        var foresight = Foresight(Foresight.Configuration(strategy: .balanced))
        var schedule = BandwidthSchedule()
        try schedule.append(parsing: "08:00-18:00=4MB/s")
        foresight.setBandwidth(schedule, minuteOfDay: 8 * 60)
        var now = Duration.zero
        func fetch(until end: Duration) -> Int64 {
            var fetched: Int64 = 0
            while now < end, fetched < 1 << 30 {
                if let pause = foresight.beginBackground(mebibyte, at: now) {
                    #expect(pause > .zero)
                    now += pause
                } else {
                    foresight.endBackground(mebibyte, fetched: mebibyte, at: now)
                    fetched += mebibyte
                }
            }
            return fetched
        }
        let bounded = fetch(until: .seconds(10))
        #expect(bounded <= 42_000_000 + mebibyte && bounded >= 40_000_000)
        foresight.setPressure(Pressure(minuteOfDay: 18 * 60))
        #expect(fetch(until: .seconds(11)) == 1 << 30)
    }
}
