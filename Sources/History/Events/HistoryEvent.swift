public import Model

/// One thing that a program did with a file or a folder.
public struct HistoryEvent: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        /// - Parameter fileSize: in bytes; nil where it is not known.
        case open(fileSize: Int64?)
        /// Bytes `range` of the file; several reads that continue each other are one.
        case read(Range<Int64>, fileSize: Int64?)
        /// A folder's names were asked for.
        case list
    }

    public var action: Action
    /// Of the file; for ``Action/list`` of the folder. Below the share's root.
    public var path: RelativePath
    /// The kernel's name for the program; empty where it is not known.
    public private(set) var program: Name
    public var userID: UInt32
    /// By the wall clock, UTC. Stores keep it to the millisecond.
    public var time: Timestamp

    /// The kernel's own bound (`TASK_COMM_LEN` without its NUL).
    public static let programBytesMax = 15

    /// - Parameter program: cut to ``programBytesMax``.
    public init(
        _ action: Action, path: RelativePath, program: Name, userID: UInt32, time: Timestamp
    ) {
        self.action = action
        self.path = path
        self.program =
            program.bytes.count <= Self.programBytesMax
            ? program : Name(Array(program.bytes.prefix(Self.programBytesMax)))
        self.userID = userID
        self.time = time
    }

    /// Bytes of memory that an event takes in a queue, about.
    var memoryBytes: Int {
        var bytes = 160
        // An array has a header of 32 bytes, and its bytes are rounded up to 16.
        for name in path.components { bytes += 48 + name.bytes.count }
        return bytes
    }
}
