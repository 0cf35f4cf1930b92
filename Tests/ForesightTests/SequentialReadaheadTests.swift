import Model
import Testing

@testable import Foresight

@Suite struct SequentialReadaheadTests {
    static let kibibyte: Int64 = 1 << 10
    static let mebibyte: Int64 = 1 << 20

    private func read(_ start: Int64, _ length: Int64, file: UInt64 = 1, size: Int64 = 1 << 30)
        -> ReadEvent
    {
        ReadEvent(
            file: FileNumber(file), fileSize: size, chunkSize: 1 << 20,
            range: start..<(start + length),
            reader: Reader(userID: 0, processID: 1, handle: 1), at: .zero)
    }

    @Test func startOfFileOpensOneChunkAndTheWindowDoublesAsItIsUsed() {
        var foresight = Foresight(Foresight.Configuration(windowMax: ByteCount(8 * Self.mebibyte)))
        let step = 128 * Self.kibibyte
        var requested: [Range<Int64>] = []
        for at in stride(from: Int64(0), to: Int64(4) * Self.mebibyte, by: Int64.Stride(step)) {
            requested += foresight.read(read(at, step), among: NoNeighbourhood()).requests.map(
                \.range)
        }
        // By hand: window 1 MiB at the first read, rounded up to whole chunks: up to 2 MiB. Less than half of the
        // window is left at 1.625 MiB: 2 MiB more, up to 4. Less than half of those at 3.125 MiB: 4 MiB, up to 8.
        let ends = requested.map(\.upperBound)
        #expect(ends == [2 * Self.mebibyte, 4 * Self.mebibyte, 8 * Self.mebibyte])
        for (earlier, later) in zip(requested, requested.dropFirst()) {
            #expect(earlier.upperBound == later.lowerBound, "a hole or an overlap between windows")
        }
    }

    @Test func windowNeverExceedsItsBoundNorTheFile() {
        var foresight = Foresight(Foresight.Configuration(windowMax: ByteCount(4 * Self.mebibyte)))
        let size = 10 * Self.mebibyte + 12345
        var asked: Int64 = 0
        var at: Int64 = 0
        while at < size {
            let length = min(64 * Self.kibibyte, size - at)
            for request in foresight.read(read(at, length, size: size), among: NoNeighbourhood())
                .requests
            {
                #expect(request.range.upperBound <= size)
                #expect(request.range.upperBound - (at + length) <= 5 * Self.mebibyte)
                #expect(request.range.lowerBound >= asked, "asked for the same bytes twice")
                asked = request.range.upperBound
            }
            at += length
        }
        #expect(asked == size)
    }

    @Test func aRandomReaderGetsNothing() {
        var foresight = Foresight(Foresight.Configuration(windowMax: ByteCount(32 * Self.mebibyte)))
        // Far apart, never at the start, and never near each other.
        for step in 1...200 {
            let at = Int64(step * 7919 % 200) * 5 * Self.mebibyte + 3 * Self.mebibyte
            #expect(foresight.read(read(at, 4096), among: NoNeighbourhood()).requests.isEmpty)
        }
    }

    @Test func aSecondNeighbouringReadInTheMiddleStartsAStream() {
        var foresight = Foresight(Foresight.Configuration(windowMax: ByteCount(32 * Self.mebibyte)))
        let start = 500 * Self.mebibyte
        #expect(foresight.read(read(start, 65536), among: NoNeighbourhood()).requests.isEmpty)
        let second = foresight.read(read(start + 65536, 65536), among: NoNeighbourhood()).requests
        #expect(second.map(\.range.lowerBound) == [start + 131072])
    }

    @Test func swappedNeighboursAreOneStream() {
        var foresight = Foresight(Foresight.Configuration(windowMax: ByteCount(32 * Self.mebibyte)))
        let step = 128 * Self.kibibyte
        var inOrder = Foresight(Foresight.Configuration(windowMax: ByteCount(32 * Self.mebibyte)))
        var swapped: Int64 = 0
        var straight: Int64 = 0
        for pair in stride(
            from: Int64(0), to: Int64(16) * Self.mebibyte, by: Int64.Stride(2 * step))
        {
            let order = pair == 0 ? [pair, pair + step] : [pair + step, pair]
            for at in order {
                foresight.read(read(at, step), among: NoNeighbourhood()).requests.forEach {
                    swapped += Int64($0.range.count)
                }
            }
            for at in [pair, pair + step] {
                inOrder.read(read(at, step), among: NoNeighbourhood()).requests.forEach {
                    straight += Int64($0.range.count)
                }
            }
        }
        #expect(abs(swapped - straight) <= 2 * Self.mebibyte)
    }

    @Test func twoReadersOfOneFileHaveAWindowEach() {
        var foresight = Foresight(Foresight.Configuration(windowMax: ByteCount(4 * Self.mebibyte)))
        var near: Int64 = 0
        var far: Int64 = 0
        for step in 0..<64 {
            let at = Int64(step) * 131072
            foresight.read(read(at, 131072), among: NoNeighbourhood()).requests.forEach {
                near = max(near, $0.range.upperBound)
            }
            let other = 600 * Self.mebibyte + at
            foresight.read(read(other, 131072), among: NoNeighbourhood()).requests.forEach {
                far = max(far, $0.range.upperBound)
            }
        }
        #expect(near > 8 * Self.mebibyte && near < 16 * Self.mebibyte)
        #expect(far > 608 * Self.mebibyte && far < 616 * Self.mebibyte)
    }

    @Test func memoryIsBounded() {
        var foresight = Foresight(Foresight.Configuration(windowMax: ByteCount(Self.mebibyte)))
        for file in 0..<5000 {
            _ = foresight.read(read(0, 4096, file: UInt64(file)), among: NoNeighbourhood()).requests
        }
        // A forgotten file starts anew; a remembered one goes on.
        #expect(!foresight.read(read(0, 4096, file: 0), among: NoNeighbourhood()).requests.isEmpty)
        #expect(
            foresight.read(read(0, 4096, file: 4999), among: NoNeighbourhood()).requests.isEmpty)
    }

    @Test func zeroSwitchesItOff() {
        var foresight = Foresight(Foresight.Configuration(windowMax: ByteCount(0)))
        #expect(foresight.read(read(0, 131072), among: NoNeighbourhood()).requests.isEmpty)
    }
}

@Suite struct WalkPredictorTests {
    @Test func threeFoldersInARowAreAWalk() {
        var walk = WalkPredictor()
        #expect(walk.opened(at: .seconds(1)) == WalkPredictor.aheadOfVisitor)
        #expect(walk.opened(at: .seconds(2)) == WalkPredictor.aheadOfVisitor)
        #expect(!walk.isWalking(at: .seconds(2)))
        #expect(walk.opened(at: .seconds(3)) == WalkPredictor.aheadOfWalk)
        #expect(walk.isWalking(at: .seconds(4)))
        #expect(!walk.isWalking(at: .seconds(60)))
        #expect(walk.opened(at: .seconds(60)) == WalkPredictor.aheadOfVisitor)
    }
}
