/// How much of a file the readers of its neighbours took: what a sweep will want of the next ones.
struct ReadProfile: Sendable {
    /// Whole files are fetched for a sweep up to this size; of larger ones the head, and the stream does the rest.
    static let wholeMax: Int64 = 16 << 20
    private static let samplesMax = 5

    private struct Sample: Sendable {
        var file: FileNumber
        var head: Int64
        /// Bytes from the end; 0 where the tail was not read by itself.
        var tail: Int64
        var isWhole: Bool
    }

    private var samples: [Sample] = []
    private var next = 0

    var isEmpty: Bool { samples.isEmpty }

    /// The reader has gone on to another file; again, where somebody came back to it since.
    mutating func note(_ track: borrowing FileTrack) {
        guard track.reads > 0 else { return }
        let tail = (track.tailStart ?? track.endStart).map { track.size - $0 } ?? 0
        let sample = Sample(
            file: track.number, head: track.head, tail: tail, isWhole: track.isReadWhole)
        let file = track.number
        if let known = samples.firstIndex(where: { $0.file == file }) {
            samples[known] = sample
        } else if samples.count < Self.samplesMax {
            samples.append(sample)
        } else {
            samples[next] = sample
            next = (next + 1) % Self.samplesMax
        }
    }

    /// Ranges of a coming file of `size` bytes that will be wanted, rounded to `unit`.
    ///
    /// Whole where most were read whole; else the longest head that at least a third of the last ones had, which is
    /// the point from which on a byte more is used with a chance under a third.
    func ranges(size: Int64, unit: Int64, headMax: Int64) -> [Range<Int64>] {
        guard size > 0 else { return [] }
        // Nobody has finished with a file yet: the beginning is wanted whatever comes.
        guard !samples.isEmpty else { return [0..<min(size, unit)] }
        let whole = 2 * samples.count(where: { $0.isWhole }) > samples.count
        if whole, size <= Self.wholeMax { return [0..<size] }
        let heads = samples.map(\.head).sorted(by: >)
        let wanted = whole ? headMax : heads[(heads.count - 1) / 3]
        let head = min(size, headMax, (wanted + unit - 1) / unit * unit)
        var ranges: [Range<Int64>] = head > 0 ? [0..<head] : []
        let tails = samples.map(\.tail).sorted(by: >)
        let tail = tails[(tails.count - 1) / 2]
        if tail > 0, size - tail > head {
            ranges.append(((size - tail) / unit * unit)..<size)
        }
        return ranges
    }

    /// Of files whose readers took heads, not wholes: no window beyond it.
    var headOnly: Int64? {
        guard samples.count >= 2, !samples.contains(where: { $0.isWhole }) else { return nil }
        return samples.map(\.head).max()
    }
}
