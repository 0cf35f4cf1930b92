import CFuse
import Glibc

extension FuseCaller {
    /// This process itself, with somebody's umask.
    public static func daemon(umask: UInt32) -> FuseCaller {
        FuseCaller(userID: geteuid(), groupID: getegid(), processID: getpid(), umask: umask)
    }

    /// Runs `body` with this thread's file-system uid, gid and umask being the caller's, so that a file made in
    /// it belongs to the caller.
    ///
    /// Capabilities are kept: permissions are the kernel's to check (`default_permissions`), which knows the
    /// caller's supplementary groups. Only root changes identity; for a daemon of an ordinary user the files are
    /// that user's. Never across an `await`: the identity is the thread's. `body` must not throw past C.
    ///
    /// - Parameter applyingMask: also use ``umask`` (with the `callerMask` capability).
    public func actingAsCaller<Result, Failure: Error>(
        applyingMask: Bool = true, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Idempotent per thread; a few system calls, for operations that make files only.
        let applyingMask = larder_fuse_detach_credentials() == 0 && applyingMask
        let previousMask = applyingMask ? Glibc.umask(mode_t(umask)) : 0
        let changes = geteuid() == 0
        if changes { larder_fuse_set_identity(userID, groupID) }
        defer {
            if changes { larder_fuse_set_identity(0, getegid()) }
            if applyingMask { _ = Glibc.umask(previousMask) }
        }
        return try body()
    }
}
