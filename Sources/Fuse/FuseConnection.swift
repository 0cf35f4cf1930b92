import CFuse

/// Abilities of the kernel that a file system may ask for (`FUSE_CAP_…`).
public struct FuseCapabilities: OptionSet, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Several reads of one file at once, in any order.
    public static let asyncRead = FuseCapabilities(rawValue: 1 << 0)
    /// `open` gets `O_TRUNC` instead of a `setAttributes` before it.
    public static let atomicTruncate = FuseCapabilities(rawValue: 1 << 3)
    /// Lookups of `.` and `..` by node, for NFS export.
    public static let export = FuseCapabilities(rawValue: 1 << 4)
    /// The file system applies the caller's umask (needed for default ACLs).
    public static let callerMask = FuseCapabilities(rawValue: 1 << 6)
    static let spliceWrite = FuseCapabilities(rawValue: 1 << 7)
    static let spliceMove = FuseCapabilities(rawValue: 1 << 8)
    static let spliceRead = FuseCapabilities(rawValue: 1 << 9)
    /// The kernel drops a file's pages when it sees another mtime or size; may cost a request per read.
    public static let autoInvalidateData = FuseCapabilities(rawValue: 1 << 12)
    /// Listings with attributes.
    public static let readDirectoryPlus = FuseCapabilities(rawValue: 1 << 13)
    /// The kernel chooses between plain listings and those with attributes by what the reader does.
    public static let readDirectoryPlusAuto = FuseCapabilities(rawValue: 1 << 14)
    /// Large O_DIRECT requests are sent in parallel pieces.
    public static let asyncDirectIO = FuseCapabilities(rawValue: 1 << 15)
    public static let writebackCache = FuseCapabilities(rawValue: 1 << 16)
    /// Lookups and listings of one directory run in parallel. libfuse 3.14 knows the bit but does not
    /// send it; ``FuseSession`` does.
    public static let parallelDirectoryOperations = FuseCapabilities(rawValue: 1 << 18)
    /// The kernel interprets POSIX ACLs; implies `default_permissions`.
    public static let posixACL = FuseCapabilities(rawValue: 1 << 19)
    /// The file system clears set-user-id bits itself on writes and changes of owner.
    public static let handlesPrivileges = FuseCapabilities(rawValue: 1 << 20)
    public static let cacheSymbolicLinks = FuseCapabilities(rawValue: 1 << 23)
    /// Pages are dropped only when the daemon says so.
    public static let explicitInvalidateData = FuseCapabilities(rawValue: 1 << 25)
}

/// What the kernel offered when the file system was mounted, and what it is asked for.
///
/// Handed to `FuseFileSystem.initialize` with ``wanted`` filled in: asynchronous reads, atomic truncation,
/// parallel directory operations, listings with attributes where declared, explicit invalidation of data;
/// no splicing, no writeback cache, set-user-id bits cleared by the kernel.
public struct FuseConnection: Sendable {
    /// Major and minor version of the protocol.
    public let version: (major: UInt32, minor: UInt32)
    public let offered: FuseCapabilities
    /// Only what was offered is sent.
    public var wanted: FuseCapabilities
    /// Bytes of a read request, at most: equals the mount's `max_read` option.
    public let maxRead: Int
    /// Bytes of a write request, at most. Also bounds what the kernel puts into one read request.
    public var maxWrite: Int
    /// Bytes of kernel readahead. The kernel takes the lower of its own figure and this one, which is without
    /// bound unless set: raising is ``FuseSession/setKernelReadahead(kibibytes:)``'s.
    public var maxReadahead: Int
    /// Readahead and asynchronous requests in flight, at most (1 ... 65,535).
    public var maxBackground: Int
    /// From how many of these the kernel counts the mount as congested and holds readahead back.
    public var congestionThreshold: Int
    /// Nanoseconds: what the file system's timestamps resolve. A power of ten.
    public var timeGranularity: UInt32

    /// Takes a capability into ``wanted`` or out of it.
    ///
    /// - Returns: whether it will be in force.
    @discardableResult
    public mutating func wants(_ capability: FuseCapabilities, _ flag: Bool = true) -> Bool {
        guard flag, offered.contains(capability) else {
            wanted.subtract(capability)
            return false
        }
        wanted.formUnion(capability)
        return true
    }

    init(_ raw: fuse_conn_info, maxRead: Int, features: FuseFeatures) {
        version = (raw.proto_major, raw.proto_minor)
        offered = FuseCapabilities(rawValue: raw.capable)
        wanted = FuseCapabilities(rawValue: raw.want)
        self.maxRead = maxRead
        maxWrite = maxRead
        maxReadahead = 1 << 30
        maxBackground = 128
        congestionThreshold = 96
        timeGranularity = 1
        for unwanted: FuseCapabilities in [
            .spliceRead, .spliceWrite, .spliceMove, .autoInvalidateData, .writebackCache,
            .handlesPrivileges,
        ] { wants(unwanted, false) }
        for capability: FuseCapabilities in [
            .asyncRead, .atomicTruncate, .explicitInvalidateData, .parallelDirectoryOperations,
            .asyncDirectIO,
        ] { wants(capability) }
        let listings = features.contains(.readDirectoryPlus)
        wants(.readDirectoryPlus, listings)
        wants(.readDirectoryPlusAuto, listings)
    }

    func apply(to raw: inout fuse_conn_info) {
        raw.want = wanted.intersection(offered).rawValue
        raw.max_read = UInt32(maxRead)
        raw.max_write = UInt32(clamping: max(4096, maxWrite))
        raw.max_readahead = UInt32(clamping: max(0, maxReadahead))
        raw.max_background = UInt32(min(max(1, maxBackground), 65_535))
        raw.congestion_threshold = UInt32(min(max(1, congestionThreshold), maxBackground))
        raw.time_gran = timeGranularity
    }
}
