import Platform

extension FuseCaller {
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
        try ThreadIdentity.make(
            for: userID, groupID, umask: applyingMask ? umask : nil, body)
    }
}
