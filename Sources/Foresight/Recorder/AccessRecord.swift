/// One thing that somebody did with a file, as it is kept and exported.
public struct AccessRecord: Sendable, Hashable {
    /// The letters of the trace format.
    public enum Operation: UInt8, Sendable, CaseIterable {
        case read, open, close, list, lookup

        public var letter: Character {
            switch self {
            case .read: "R"
            case .open: "O"
            case .close: "C"
            case .list: "D"
            case .lookup: "S"
            }
        }
    }

    /// Which tier had the bytes; the slowest that took part.
    public enum Source: UInt8, Sendable, CaseIterable {
        case none, memory, disk, share
    }

    /// Counts from 1 in one run.
    public var sequence: UInt64 = 0
    /// Monotonic time of arrival.
    public var at: Duration
    public var operation: Operation
    /// A file's or a folder's number.
    public var file: FileNumber
    /// Bytes; for a listing, entries.
    public var offset: Int64
    public var length: Int64
    public var reader: Reader
    public var source: Source
    /// From arrival until the answer.
    public var duration: Duration

    public init(
        at: Duration, operation: Operation, file: FileNumber, offset: Int64 = 0, length: Int64 = 0,
        reader: Reader, source: Source = .none, duration: Duration = .zero
    ) {
        self.at = at
        self.operation = operation
        self.file = file
        self.offset = offset
        self.length = length
        self.reader = reader
        self.source = source
        self.duration = duration
    }
}
