/// A recording of what programs read, held compactly: 40 bytes per event.
public struct Trace: Sendable {
    /// Who issued an event, `program:pid` in the recording.
    public struct Reader: Sendable, Hashable {
        public var program: String
        public var processID: Int32
    }

    /// What people call it.
    public var name: String
    /// In the order of the recording.
    public internal(set) var events: [TraceEvent] = []
    /// The recording's own numbers of files or volumes; events name them by position.
    public internal(set) var fileIDs: [UInt64] = []
    /// One nameless reader where the recording does not tell them apart.
    public internal(set) var readers: [Reader] = []
    /// Readers, opens and closes were recorded: the trace of a file system's clients.
    public internal(set) var hasReaders = false
    /// Where a file's last recorded byte lies, plus one; by position.
    public internal(set) var fileEnds: [Int64] = []

    /// False where the time column merely counts requests.
    public var hasClock: Bool {
        for (index, event) in events.enumerated() where event.at != Int64(index) * 1_000_000_000 {
            return true
        }
        return false
    }

    public init(name: String) {
        self.name = name
    }
}
