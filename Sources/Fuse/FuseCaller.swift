import CFuse

/// Who asked: the process behind a request, as the kernel names it in the daemon's namespaces.
public struct FuseCaller: Hashable, Sendable {
    public var userID: UInt32
    public var groupID: UInt32
    /// The thread's id; 0 when the kernel asks on its own account (readahead, writeback) or the process
    /// lives in a namespace that the daemon cannot see.
    public var processID: Int32
    /// Filled in for the operations that make files.
    public var umask: UInt32

    public init(userID: UInt32, groupID: UInt32, processID: Int32, umask: UInt32) {
        self.userID = userID
        self.groupID = groupID
        self.processID = processID
        self.umask = umask
    }

    init(_ raw: fuse_ctx) {
        self.init(userID: raw.uid, groupID: raw.gid, processID: raw.pid, umask: raw.umask)
    }
}
