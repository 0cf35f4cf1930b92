public import Model

/// Some of what was done in a view, in the order in which it was answered.
///
/// Whoever exports asks again and again with the ``Record/sequence`` of the last record that he has.
public struct AccessBatch: Codable, Hashable, Sendable {
    /// Who did it; records name him by his place in ``AccessBatch/readers``.
    public struct Reader: Codable, Hashable, Sendable {
        /// As the kernel names it; empty where it is not known.
        public var program: String
        public var pid: Int32
        public var userID: UInt32

        public init(program: String, pid: Int32, userID: UInt32) {
            self.program = program
            self.pid = pid
            self.userID = userID
        }
    }

    /// A file or folder that a record of this batch names.
    public struct File: Codable, Hashable, Sendable {
        /// Never used for two files in one run of the daemon.
        public var number: UInt64
        /// nil once no name leads there any more.
        public var path: WirePath?
        public var folder: Bool
        /// 0 for folders.
        public var sizeBytes: Int64

        public init(number: UInt64, path: RelativePath?, folder: Bool, sizeBytes: Int64) {
            self.number = number
            self.path = path.map(WirePath.init)
            self.folder = folder
            self.sizeBytes = sizeBytes
        }
    }

    /// The daemon that speaks; with another one, all numbers begin anew.
    public var pid: Int32
    /// The daemon's clock, of which ``Record/arrivedMicroseconds`` is too.
    public var nowMicroseconds: Int64
    /// Number of the newest record that there is; 0 before the first.
    public var newest: UInt64
    /// Records that came after those the asker has, and were overwritten before he asked.
    public var lost: UInt64
    public var readers: [Reader]
    public var files: [File]
    public var records: [Record]

    public init(
        pid: Int32, nowMicroseconds: Int64, newest: UInt64, lost: UInt64 = 0,
        readers: [Reader] = [], files: [File] = [], records: [Record] = []
    ) {
        self.pid = pid
        self.nowMicroseconds = nowMicroseconds
        self.newest = newest
        self.lost = lost
        self.readers = readers
        self.files = files
        self.records = records
    }
}
