import Model
import Testing

@testable import Foresight

/// A player jumps in a film, and reads on where it lands.
@Suite struct JumpTests {
    private static let step = 128 * kibibyte
    private static let size = 1024 * mebibyte

    /// Reads `steps` pieces of 128 KiB from each of `starts` on. - Returns: what the first read at the last start asks for.
    private func jump(
        _ starts: [Int64], steps: Int, handles: [UInt64] = [], lastLength: Int64 = step,
        isOpen: Bool = true
    ) -> [Range<Int64>] {
        let films = OneFolder(["a.mkv"], size: Self.size)
        var feeder = Feeder()
        if isOpen { feeder.open(films.files[0], among: films) }
        var last: [PrefetchRequest] = []
        for (place, start) in starts.enumerated() {
            let isLast = place == starts.count - 1
            for number in 0..<(isLast ? 1 : steps) {
                last = feeder.read(
                    start + Int64(number) * Self.step, isLast ? lastLength : Self.step,
                    file: films.files[0].number.value, size: Self.size,
                    handle: place < handles.count ? handles[place] : 1,
                    after: .milliseconds(20))
            }
        }
        return last.map(\.range)
    }

    private static let starts = [0, 200 * mebibyte, 500 * mebibyte]

    @Test func whoReadOnWhereHeLandedGetsAsMuchAtOnce() {
        let ranges = jump(Self.starts, steps: 12)
        let landed = 500 * mebibyte + Self.step
        #expect(ranges.first == landed..<(landed + Self.step), "the next read waits for no more")
        #expect(ranges.last?.upperBound == landed + 3 * mebibyte / 2, "as much as the other times")
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        // Two mebibytes at most.
        let long = jump(Self.starts, steps: 64)
        #expect(long.last?.upperBound == landed + 2 * mebibyte)
    }

    @Test func whoOnlyLookedGetsAWindow() {
        let looks = jump(Self.starts + [300 * mebibyte, 100 * mebibyte, 700 * mebibyte], steps: 2)
        #expect(looks.reduce(0) { $0 + $1.count } < 1 << 20)
        let small = jump(Self.starts, steps: 16, lastLength: 4096)
        #expect(small.reduce(0) { $0 + $1.count } < 1 << 20, "an index, not a film")
        let volume = jump(Self.starts, steps: 16, isOpen: false)
        #expect(volume.reduce(0) { $0 + $1.count } < 1 << 20, "a block trace")
        let other = jump(Self.starts, steps: 16, handles: [1, 1, 2])
        #expect(other.reduce(0) { $0 + $1.count } < 1 << 20, "somebody else")
    }
}
