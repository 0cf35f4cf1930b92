import Fuse
import Model
import Platform
import Share
import Synchronization

/// Who may do what, in a view that several users share.
///
/// The kernel judges by the attributes that it was told, and a moment later the table may know better, or the name lead to
/// another file. So what is answered from here is judged again by what the table says now, and what goes to the share is
/// done with the caller's own rights on what is really there (``Authority``).
extension ViewFileSystem {
    /// On whose authority a request goes to the share.
    func authority(of request: FuseRequest) -> Authority {
        let caller = request.caller
        let maker =
            configuration.shownOwner.replacesOwner ? nil : (caller.userID, caller.groupID)
        var authority = Authority(maker: maker, umask: caller.umask)
        // What a view shows of its own is not what the share would decide by.
        if decidesAgain, caller.processID != 0 { authority.user = credentials(of: caller) }
        return authority
    }

    /// As ``authority(of:)``, for what opens a descriptor of the share; answers the request where this user has enough.
    func authorityToOpen(_ request: FuseRequest) -> Authority? {
        guard let lease = descriptors.lease(for: request.caller.userID) else {
            request.reply(error: .tooManyOpenFiles)
            return nil
        }
        var authority = authority(of: request)
        authority.companion = lease
        return authority
    }

    /// Whether the caller may do this with a file that has these attributes on the share.
    func allows(
        _ access: Credentials.Access, _ request: FuseRequest, on attributes: FileAttributes
    ) -> Bool {
        let caller = request.caller
        guard configuration.isShared, caller.userID != 0, caller.processID != 0 else {
            return true
        }
        let shown = configuration.shownOwner(attributes)
        let byMode = Credentials.allows(
            access, user: caller.userID, group: caller.groupID, on: shown)
        if let byMode { return byMode }
        return credentials(of: caller).allows(access, on: shown)
    }

    /// As ``allows(_:_:on:)-(_,_,FileAttributes)``, by what the table says of a node; true where it knows nothing.
    func allows(_ access: Credentials.Access, _ request: FuseRequest, on id: NodeID) -> Bool {
        guard configuration.isShared, request.caller.userID != 0 else { return true }
        let attributes = namespace.table.withLock { $0[id]?.attributes }
        return attributes.map { allows(access, request, on: $0) } ?? true
    }

    private var decidesAgain: Bool {
        configuration.isShared && configuration.shownOwner == ShownOwner()
    }

    /// While the caller waits, which it does from the request's arrival to its answer.
    private func credentials(of caller: FuseCaller) -> Credentials {
        ProcessCredentials.of(
            thread: caller.processID, userID: caller.userID, groupID: caller.groupID)
    }
}
