/// A file as Foresight knows it: a number that the view gives to each version of a file, for one run.
public struct FileNumber: Hashable, Sendable {
    public var value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }
}

/// Who reads.
public struct Reader: Hashable, Sendable {
    public var userID: UInt32
    public var processID: Int32
    /// Number of the open file handle; one handle may carry several streams, one stream several handles.
    public var handle: UInt64

    public init(userID: UInt32, processID: Int32, handle: UInt64) {
        self.userID = userID
        self.processID = processID
        self.handle = handle
    }
}

/// One read as it came from the kernel, before it is answered.
public struct ReadEvent: Sendable {
    public var file: FileNumber
    /// Bytes in the file.
    public var fileSize: Int64
    /// Bytes per chunk of this file.
    public var chunkSize: Int
    /// Bytes asked for, inside the file.
    public var range: Range<Int64>
    public var reader: Reader
    /// Monotonic time of arrival.
    public var at: Duration

    public init(
        file: FileNumber, fileSize: Int64, chunkSize: Int, range: Range<Int64>, reader: Reader,
        at: Duration
    ) {
        self.file = file
        self.fileSize = fileSize
        self.chunkSize = chunkSize
        self.range = range
        self.reader = reader
        self.at = at
    }
}

/// What Foresight would like to have in memory, best first. A wish: the tiers bound it and may refuse.
public struct PrefetchRequest: Sendable, Hashable {
    public enum Reason: String, Sendable {
        case sequential
    }

    public var file: FileNumber
    public var range: Range<Int64>
    /// 0 ... 1.
    public var confidence: Double
    public var reason: Reason

    public init(file: FileNumber, range: Range<Int64>, confidence: Double, reason: Reason) {
        self.file = file
        self.range = range
        self.confidence = confidence
        self.reason = reason
    }
}
