/// What a view remembers of what people did, as `larder history --json` prints it. Stable as ``StatusReport`` is.
public struct HistoryReport: Codable, Hashable, Sendable {
    public static let versionNow = 1

    /// What was done with one file since it became known.
    public struct File: Codable, Hashable, Sendable {
        public var path: WirePath
        public var opens: Int
        /// Seconds since 1970; nil where it was never opened, as far as is known.
        public var firstOpen: Int64?
        public var lastOpen: Int64?
        /// Between an open and the next; nil before the second.
        public var meanIntervalSeconds: Double?
        public var readBytes: Int64
        /// Bytes at its start that are mostly read; nil where nothing was.
        public var headBytes: Int64?
        public var sizeBytes: Int64?

        public init(
            path: WirePath, opens: Int, firstOpen: Int64?, lastOpen: Int64?,
            meanIntervalSeconds: Double?, readBytes: Int64, headBytes: Int64?, sizeBytes: Int64?
        ) {
            self.path = path
            self.opens = opens
            self.firstOpen = firstOpen
            self.lastOpen = lastOpen
            self.meanIntervalSeconds = meanIntervalSeconds
            self.readBytes = readBytes
            self.headBytes = headBytes
            self.sizeBytes = sizeBytes
        }
    }

    /// One open.
    public struct Open: Codable, Hashable, Sendable {
        /// Seconds since 1970.
        public var at: Int64
        public var program: String
        public var userID: UInt32

        public init(at: Int64, program: String, userID: UInt32) {
            self.at = at
            self.program = program
            self.userID = userID
        }
    }

    public var version = HistoryReport.versionNow
    /// false: the view keeps no history.
    public var isKept: Bool
    /// Most opened first; of the path that was asked for where it is a file.
    public var files: [File] = []
    /// Newest first, of that file.
    public var opens: [Open] = []
    /// What it takes on the disk.
    public var allocatedBytes: Int64 = 0
    /// Events of this mount that were not kept, as its disk failed or fell behind.
    public var dropped = 0
    /// Why it could not be written at last.
    public var trouble: String?
    /// Files and folders that were forgotten; nil where that was not asked for.
    public var forgotten: Int?

    public init(isKept: Bool) {
        self.isKept = isKept
    }
}
