public import Model

/// A file as Foresight knows it: a number that the view never uses for two files in one run.
public struct FileNumber: Hashable, Sendable, Comparable {
    public var value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// A folder, numbered as files are.
public struct FolderNumber: Hashable, Sendable {
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
    /// Name of the program as the kernel gives it: at most 15 bytes, empty where it is not known.
    public var program: String

    public init(userID: UInt32, processID: Int32, handle: UInt64, program: String = "") {
        self.userID = userID
        self.processID = processID
        self.handle = handle
        self.program = program
    }
}

/// What is known of a file without reading it.
public struct FileFacts: Sendable, Hashable {
    /// A broken share may say anything; sizes are added up here, and this much may be for some thousand files.
    public static let sizeMax: Int64 = 1 << 50

    public var number: FileNumber
    public var folder: FolderNumber
    /// Last component of its path; bytes that are not UTF-8 are replaced.
    public var name: String
    /// Bytes, ``sizeMax`` at most.
    public var size: Int64
    /// Bytes per chunk of this file.
    public var chunkSize: Int
    public var contentType: ContentType
    /// The share's number for it, 0 where that is not known: some programs go through a folder in this order.
    public var inode: UInt64

    public init(
        number: FileNumber, folder: FolderNumber, name: String, size: Int64, chunkSize: Int,
        contentType: ContentType, inode: UInt64 = 0
    ) {
        self.number = number
        self.folder = folder
        self.name = name
        self.size = min(max(0, size), Self.sizeMax)
        self.chunkSize = chunkSize
        self.contentType = contentType
        self.inode = inode
    }
}

/// A file was opened.
public struct OpenEvent: Sendable {
    public var file: FileFacts
    public var reader: Reader
    /// Monotonic.
    public var at: Duration

    public init(file: FileFacts, reader: Reader, at: Duration) {
        self.file = file
        self.reader = reader
        self.at = at
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
    /// All of it is in memory because somebody read it before; not where it was fetched ahead and is read for the first
    /// time.
    public var isWarm: Bool

    public init(
        file: FileNumber, fileSize: Int64, chunkSize: Int, range: Range<Int64>, reader: Reader,
        at: Duration, isWarm: Bool = false
    ) {
        self.file = file
        self.fileSize = fileSize
        self.chunkSize = chunkSize
        self.range = range
        self.reader = reader
        self.at = at
        self.isWarm = isWarm
    }
}
