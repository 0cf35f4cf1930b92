/// The chunks that a trace's reads touch, one after the other, numbered from 0 on. A chunk that is touched twice in a
/// row counts once: no policy can miss the second time.
struct AccessSequence: Sendable {
    private(set) var accesses: [Int32] = []
    /// When each was, in seconds.
    private(set) var seconds: [Int64] = []
    /// Distinct chunks.
    let chunks: Int

    /// - Parameters:
    ///   - chunk: bytes.
    ///   - size: of a file, by its position in the trace; reads beyond it are clipped.
    init(_ trace: Trace, chunk: Int, size: (Int) -> Int64) {
        var union = RangeUnion()
        for event in trace.events {
            guard let (file, range) = Self.chunks(event, chunk, size) else { continue }
            union.insert(file: file, range)
        }
        let distinct = union.merged()
        precondition(distinct.count < Int64(Int32.max), "more than two billion chunks")
        chunks = Int(distinct.count)
        for event in trace.events {
            guard let (file, range) = Self.chunks(event, chunk, size) else { continue }
            let first = Int32(distinct.number(file: file, range.lowerBound))
            for number in first..<(first + Int32(range.count)) where number != accesses.last {
                accesses.append(number)
                seconds.append(event.at / 1_000_000_000)
            }
        }
    }

    /// For tests.
    init(_ accesses: [Int32]) {
        self.accesses = accesses
        seconds = accesses.indices.map { Int64($0) }
        chunks = Int((accesses.max() ?? -1) + 1)
    }

    private static func chunks(
        _ event: TraceEvent, _ chunk: Int, _ size: (Int) -> Int64
    ) -> (file: Int, chunks: Range<Int64>)? {
        guard event.operation == .read else { return nil }
        let file = Int(event.file)
        let end = min(event.end, size(file))
        guard end > event.offset else { return nil }
        return (file, event.offset / Int64(chunk)..<((end - 1) / Int64(chunk) + 1))
    }
}
