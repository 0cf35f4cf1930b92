import Foresight

/// The readers of a recording, what they do and when, ready to be replayed against a modelled share.
///
/// A closed loop: each reader starts its next event as long after the start of its last as it was recorded, and no
/// sooner than that one was answered. What is fetched ahead in the pause between two reads is there for nothing; what
/// is not makes the reader late, and everything that it does afterwards.
struct ClientModel: Sendable {
    static let memoryDefault: Int64 = 512 << 20

    let trace: Trace
    let neighbourhood: ListedNeighbourhood
    let memory: Int64
    let share: ShareModel
    /// From the trace's files to positions in the neighbourhood's; -1 for folders.
    let files: [Int]
    /// Each reader's first event, and each event's next of the same reader; -1 for none.
    let firstEvents: [Int32]
    let nextEvents: [Int32]
    /// Distinct bytes that are read.
    let distinctBytes: Int64

    /// - Throws: if a file that is read is not listed, naming its line of the trace.
    init(
        _ trace: Trace, _ list: FileList, memory: Int64?, share: ShareModel, path: String
    ) throws(TraceError) {
        self.trace = trace
        self.share = share
        self.memory = memory ?? Self.memoryDefault
        let neighbourhood = ListedNeighbourhood(list)
        self.neighbourhood = neighbourhood
        let files = trace.fileIDs.map { neighbourhood.positions[$0] ?? -1 }
        self.files = files
        var last = Array(repeating: Int32(-1), count: trace.readers.count)
        var first = last
        var next = Array(repeating: Int32(-1), count: trace.events.count)
        var runs = RangeUnion()
        for (index, event) in trace.events.enumerated() {
            let reader = Int(event.reader)
            if last[reader] >= 0 {
                next[Int(last[reader])] = Int32(index)
            } else {
                first[reader] = Int32(index)
            }
            last[reader] = Int32(index)
            guard event.operation == .read || event.operation == .open else { continue }
            let file = files[Int(event.file)]
            guard file >= 0 else {
                throw TraceError(
                    path: path, line: index + 2,
                    problem: "file \(trace.fileIDs[Int(event.file)]) is no file of files.txt")
            }
            let end = min(event.end, neighbourhood.files[file].size)
            if event.operation == .read, end > event.offset {
                runs.insert(file: file, event.offset..<end)
            }
        }
        firstEvents = first
        nextEvents = next
        distinctBytes = runs.merged().count
    }
}
