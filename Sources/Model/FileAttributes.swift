/// What `stat(2)` says of a file, as the share reported it.
public struct FileAttributes: Hashable, Codable, Sendable {
    /// As `st_dev`. Of what lies on a share: 0, or the number of another file system that is mounted below its root.
    public var device: UInt64
    /// As `st_ino`. Of what lies on a share: no file of another of its file systems has it.
    public var inode: UInt64
    /// Type and permission bits, as in `st_mode`.
    public var mode: UInt32
    public var linkCount: UInt32
    public var userID: UInt32
    public var groupID: UInt32
    /// For device nodes: which device.
    public var representedDevice: UInt64
    /// Bytes.
    public var size: Int64
    /// Units of 512 bytes, as in `st_blocks`.
    public var blocks: Int64
    /// Preferred size of an I/O request, in bytes.
    public var blockSize: UInt32
    /// Tells the file from others that have had its inode number, before and after; 0 where that is not known. Asked for of
    /// files with several names, where the share's file system has it.
    public var generation: UInt32
    public var accessed: Timestamp
    public var modified: Timestamp
    public var changed: Timestamp

    public init(
        device: UInt64 = 0, inode: UInt64, mode: UInt32, linkCount: UInt32 = 1,
        userID: UInt32 = 0, groupID: UInt32 = 0, representedDevice: UInt64 = 0, size: Int64 = 0,
        blocks: Int64 = 0, blockSize: UInt32 = 4096, generation: UInt32 = 0,
        accessed: Timestamp = Timestamp(seconds: 0),
        modified: Timestamp = Timestamp(seconds: 0), changed: Timestamp = Timestamp(seconds: 0)
    ) {
        self.device = device
        self.inode = inode
        self.mode = mode
        self.linkCount = linkCount
        self.userID = userID
        self.groupID = groupID
        self.representedDevice = representedDevice
        self.size = size
        self.blocks = blocks
        self.blockSize = blockSize
        self.generation = generation
        self.accessed = accessed
        self.modified = modified
        self.changed = changed
    }
}

/// The type half of `st_mode` (`S_IFMT`).
public enum FileKind: UInt32, Sendable {
    case fifo = 0o010000
    case characterDevice = 0o020000
    case directory = 0o040000
    case blockDevice = 0o060000
    case regular = 0o100000
    case symbolicLink = 0o120000
    case socket = 0o140000
}

extension FileAttributes {
    public static let kindMask: UInt32 = 0o170000

    /// nil for a type this kernel does not have (a broken share).
    public var kind: FileKind? { FileKind(rawValue: mode & Self.kindMask) }
    public var isDirectory: Bool { kind == .directory }
    public var isRegular: Bool { kind == .regular }

    /// A file that other names may lead to as well.
    public var hasSeveralNames: Bool { linkCount > 1 && !isDirectory }

    /// The value of `d_type` in a directory entry.
    public var directoryEntryType: UInt8 { UInt8(truncatingIfNeeded: (mode & Self.kindMask) >> 12) }
}
