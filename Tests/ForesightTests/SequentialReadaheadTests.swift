import Model
import TestSupport
import Testing

@testable import Foresight

/// Through the front door: what a reader of one file has fetched for it.
@Suite struct SequentialReadaheadTests {
    @Test func aFileReadFromItsStartIsFetchedAheadWithoutHolesOrOverlaps() {
        var feeder = Feeder()
        for at in stride(from: Int64(0), to: 64 * mebibyte, by: Int64.Stride(128 * kibibyte)) {
            feeder.read(at, 128 * kibibyte)
        }
        #expect(feeder.issued.first?.range.lowerBound == 128 * kibibyte)
        for (earlier, later) in zip(feeder.issued, feeder.issued.dropFirst()) {
            #expect(earlier.range.upperBound == later.range.lowerBound)
        }
        // A clock that stands still is a reader without limits: at the end the window is what may be.
        let end = feeder.issued.last?.range.upperBound ?? 0
        #expect(end >= 64 * mebibyte + 16 * mebibyte && end <= 64 * mebibyte + 33 * mebibyte)
    }

    @Test func neitherBeyondTheFileNorBeyondTheLimit() {
        var feeder = Feeder(windowMax: 4 * mebibyte)
        let size = 10 * mebibyte + 12345
        var at: Int64 = 0
        while at < size {
            for request in feeder.read(at, 64 * kibibyte, size: size) {
                #expect(request.range.upperBound <= size)
                // Rounded up to whole chunks.
                #expect(request.range.upperBound - at <= 5 * mebibyte + 64 * kibibyte)
            }
            at += 64 * kibibyte
        }
        #expect(feeder.issued.last?.range.upperBound == size)
    }

    /// The share is asked in the order of what is due: who became faster would else get the far end first.
    @Test func whatIsNearIsDueNoLaterThanWhatIsFar() {
        var feeder = Feeder()
        for number in 0..<1500 {
            let pause = number % 400 < 200 ? 2.0 : 0.3
            feeder.read(Int64(number) * 128 * kibibyte, 128 * kibibyte, after: .milliseconds(pause))
        }
        #expect(feeder.issued.count > 20)
        for (near, far) in zip(feeder.issued, feeder.issued.dropFirst()) {
            let schedule = near.schedule
            #expect(far.due >= schedule.due(at: near.range.upperBound))
        }
    }

    @Test func nearTheReaderRequestsAreShort() {
        var feeder = Feeder()
        let first = feeder.read(0, 128 * kibibyte).map(\.range)
        #expect(first.first == 128 * kibibyte..<256 * kibibyte, "the next read waits for no more")
        for range in first { #expect(range.lowerBound >= Int64(range.count)) }
        #expect(zip(first, first.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    }

    /// A file manager reads 16 KiB to tell what kind of file it is.
    @Test func whoLooksWhatItIsHasLittleFetched() {
        var feeder = Feeder()
        let bytes = feeder.read(0, 16 * kibibyte).reduce(0) { $0 + $1.range.count }
        #expect(bytes > 0 && bytes <= 320 << 10)
    }

    @Test func aPlayerGetsWhatItPlaysInFourSeconds() {
        var feeder = Feeder(windowMax: 100 * mebibyte)
        // 64 KiB each 64 ms: 1 MiB/s. Four seconds are 4 MiB; a chunk for rounding.
        for number in 0..<1000 {
            let at = Int64(number) * 64 * kibibyte
            let requests = feeder.read(at, 64 * kibibyte, after: .milliseconds(64))
            for request in requests where number > 100 {
                #expect(request.range.upperBound - at <= 6 * mebibyte)
            }
        }
        let ahead = (feeder.issued.last?.range.upperBound ?? 0) - 1000 * 64 * kibibyte
        #expect(ahead > mebibyte)
    }

    @Test func neighboursThatTheKernelSwappedAreOneStream() {
        var inOrder = Feeder()
        var swapped = Feeder()
        for pair in 0..<64 {
            let at = Int64(pair) * 256 * kibibyte
            inOrder.read(at, 128 * kibibyte)
            inOrder.read(at + 128 * kibibyte, 128 * kibibyte)
            let isFirst = pair == 0
            swapped.read(at + (isFirst ? 0 : 128 * kibibyte), 128 * kibibyte)
            swapped.read(at + (isFirst ? 128 * kibibyte : 0), 128 * kibibyte)
        }
        #expect(abs(swapped.bytesIssued - inOrder.bytesIssued) <= 8 * mebibyte, "half a window")
    }

    @Test func aStreamOutlivesItsHandle() {
        var feeder = Feeder()
        for number in 0..<200 {
            feeder.read(Int64(number) * 128 * kibibyte, 128 * kibibyte, handle: UInt64(number))
        }
        #expect((feeder.issued.last?.range.upperBound ?? 0) > 200 * 128 * kibibyte + 4 * mebibyte)
    }

    @Test func twoReadersOfOneFileHaveAWindowEach() {
        var feeder = Feeder(windowMax: 4 * mebibyte)
        for step in 0..<64 {
            let at = Int64(step) * 128 * kibibyte
            feeder.read(at, 128 * kibibyte, handle: 1)
            feeder.read(600 * mebibyte + at, 128 * kibibyte, handle: 1)
        }
        let near = feeder.issued.filter { $0.range.lowerBound < 500 * mebibyte }
        let far = feeder.issued.filter { $0.range.lowerBound > 500 * mebibyte }
        #expect((near.last?.range.upperBound ?? 0) > 8 * mebibyte + mebibyte / 2)
        #expect((far.last?.range.upperBound ?? 0) > 608 * mebibyte + mebibyte / 2)
        #expect(feeder.cancelled.isEmpty, "they take turns: neither has left")
    }

    @Test func backwards() {
        var feeder = Feeder()
        for step in 1...256 {
            feeder.read(mebibyte * 512 - Int64(step) * 64 * kibibyte, 64 * kibibyte)
        }
        #expect(feeder.issued.allSatisfy { $0.reason == .backward })
        let lowest = feeder.issued.map(\.range.lowerBound).min() ?? .max
        #expect(lowest < 512 * mebibyte - 256 * 64 * kibibyte - mebibyte)
    }

    /// 64 KiB of each 256: what lies between is nobody's wish.
    @Test func everyFourthBlock() {
        var feeder = Feeder()
        let start = 64 * mebibyte
        for step in 0..<256 { feeder.read(start + Int64(step) * 256 * kibibyte, 64 * kibibyte) }
        let steps = feeder.issued.filter { $0.reason == .strided }
        #expect(steps.count > 200)
        for request in steps {
            #expect(request.range.count == 64 << 10)
            #expect((request.range.lowerBound - start) % (256 * kibibyte) == 0)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func whoReadsAtRandomGetsNextToNothing(seed: UInt64) {
        var feeder = Feeder()
        var chance = SplitMix(seed: seed)
        let blocks = (0..<512).map { Int64($0) }.shuffled(using: &chance)[..<96]
        for block in blocks {
            feeder.read(
                block * 64 * kibibyte, 64 * kibibyte, size: 32 * mebibyte, chunk: 512 << 10)
        }
        #expect(feeder.bytesIssued <= 96 * 64 * kibibyte / 3, "seed \(seed)")
    }

    @Test func aSeekCancelsWhatWasAheadOfThePlaceThatWasLeft() {
        var feeder = Feeder()
        for number in 0..<64 { feeder.read(Int64(number) * 128 * kibibyte, 128 * kibibyte) }
        let ahead = feeder.issued.last?.range
        #expect(feeder.cancelled.isEmpty)
        // The fourth read elsewhere says that it is no excursion.
        for number in 0..<3 {
            feeder.read(700 * mebibyte + Int64(number) * 128 * kibibyte, 128 * kibibyte)
        }
        #expect(feeder.cancelled.isEmpty)
        feeder.read(700 * mebibyte + 3 * 128 * kibibyte, 128 * kibibyte)
        #expect(feeder.cancelled.contains { $0.range == ahead })
    }

    /// Before anything was learned, four reads are worth 8 blocks, and 16 where the link has more than that on the wire:
    /// 100 MB/s × 8 ms are 12 blocks, and four times as much for who has read an eighth from the start.
    @Test func whoHasReadAnEighthMostlyReadsOn() {
        func reached(size: Int64, from start: Int64) -> Int64 {
            var feeder = Feeder()
            for number in 0..<4 {
                feeder.read(start + Int64(number) * 128 * kibibyte, 128 * kibibyte, size: size)
            }
            return (feeder.issued.last?.range.upperBound ?? 0) - start
        }
        #expect(reached(size: 4 * mebibyte, from: 0) == mebibyte + mebibyte / 2)
        #expect(reached(size: 5 * mebibyte, from: 0) == mebibyte)
        #expect(reached(size: 4 * mebibyte, from: mebibyte) <= mebibyte)
    }

    @Test func zeroSwitchesItOff() {
        var feeder = Feeder(windowMax: 0)
        for number in 0..<100 { feeder.read(Int64(number) * 4096, 4096) }
        #expect(feeder.issued.isEmpty)
    }

    @Test func aBusyMachineGetsOnlyWhatKeepsTheLinkFull() {
        var feeder = Feeder()
        feeder.foresight.setPressure(Pressure(memory: 0.95))
        for number in 0..<512 { feeder.read(Int64(number) * 128 * kibibyte, 128 * kibibyte) }
        // Four times 100 MB/s × 8 ms, and rounding.
        let ahead = (feeder.issued.last?.range.upperBound ?? 0) - 512 * 128 * kibibyte
        #expect(ahead <= 5 * mebibyte)
        #expect(feeder.foresight.report(at: feeder.now).restraint == "memory is busy (95 %)")
    }

    /// A reload while somebody reads on.
    @Test func boundsCanChangeBetweenReads() {
        var feeder = Feeder()
        func readOn(_ reads: Range<Int64>) -> Int64 {
            let before = feeder.bytesIssued
            for read in reads {
                feeder.read(read * 128 * kibibyte, 128 * kibibyte, after: .milliseconds(10))
            }
            return feeder.bytesIssued - before
        }
        #expect(readOn(0..<50) > 0)
        feeder.foresight.setBounds(
            strategy: .balanced, windowMax: ByteCount(0), budget: .mebibytes(64))
        #expect(readOn(50..<100) == 0)
        feeder.foresight.setBounds(
            strategy: .conservative, windowMax: .mebibytes(1), budget: .mebibytes(64))
        #expect(feeder.foresight.scene.arbiter.strategy.current == .conservative)
        #expect(readOn(400..<500) > 0)
        let ahead = feeder.issued.map(\.range.upperBound).max() ?? 0
        #expect(ahead <= 500 * 128 * kibibyte + mebibyte)
        feeder.foresight.setBounds(
            strategy: nil, windowMax: .mebibytes(1), budget: .mebibytes(64))
        let strategy = feeder.foresight.scene.arbiter.strategy
        #expect(strategy.current == .conservative, "it moves from where it is")
        #expect(strategy.isDue(at: .seconds(3600)))
    }
}
