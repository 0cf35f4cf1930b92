import Fuse
import Model
import Platform
import Share

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

    /// Goes on with `body` where the caller may do this with a node, by what the table says of it and by its ACL; answers
    /// the request where he may not.
    ///
    /// At once, but where nothing is known of the ACL and it may make a difference: then the share is asked for it first.
    func admit(
        _ request: FuseRequest, _ access: Credentials.Access, on id: NodeID,
        _ body: @escaping @Sendable () -> Void
    ) {
        if id == .root { invalidator.noteRootIsKnown() }
        switch verdict(access, request, on: id) {
        case .allowed: body()
        case .refused: request.reply(error: .accessDenied)
        case .isTheSharesToSay(let location):
            share.change { (lane) throws(Errno) in
                try lane.requireGrantedToRoot(location)
            } completion: { result in
                switch result {
                case .failure(let errno) where errno.isDenial:
                    request.reply(error: errno)
                // What else is wrong is found by what is asked for; a share that is away keeps nobody from what is cached.
                default: body()
                }
            }
            request.endsWhenCallerIsKilled()
        case .unknown(let location):
            ask(.value(.accessACL), of: id, location) { [self] result in
                let list: AccessList
                switch result {
                case .success(let value): list = AccessList(value)
                case .failure(.noData), .failure(.notSupported): list = .none
                case .failure(let errno):
                    request.reply(error: errno)
                    return
                }
                guard case .allowed = verdict(access, request, on: id, list) else {
                    request.reply(error: .accessDenied)
                    return
                }
                body()
            }
            request.endsWhenCallerIsKilled()
        }
    }

    private enum Verdict: Sendable {
        case allowed
        case refused
        /// It depends on what root is to the share.
        case isTheSharesToSay(ShareLocation)
        /// It depends on the ACL of what lies there.
        case unknown(ShareLocation)
    }

    /// - Parameter list: of the node, as the share has just said; nil: as the table knows.
    private func verdict(
        _ access: Credentials.Access, _ request: FuseRequest, on id: NodeID,
        _ list: AccessList? = nil
    ) -> Verdict {
        let caller = request.caller
        guard configuration.isShared, caller.processID != 0 else { return .allowed }
        guard caller.userID != 0 else {
            // The kernel lets root read everything, and search it, which shows names.
            guard access == .read else { return .allowed }
            guard share.mustAskForRoot else { return .allowed }
            return nodes.locationUnlessEverybodys(id).map(Verdict.isTheSharesToSay) ?? .allowed
        }
        guard let (attributes, known) = nodes.rights(of: id) else { return .allowed }
        var shown = configuration.shownOwner(attributes)
        var decisive = AccessList.none
        if heedsACLs,
            share.attributeNature.mayDependOnList(user: caller.userID, on: attributes)
        {
            guard let found = list ?? known else {
                // Without a name there is nothing to ask by; who has it open was let in.
                return nodes.location(of: id).map(Verdict.unknown) ?? .allowed
            }
            decisive = found
            shown = share.attributeNature.decisive(shown, by: found)
        }
        if decisive == .none {
            let byMode = Credentials.allows(
                access, user: caller.userID, group: caller.groupID, on: shown)
            if let byMode { return byMode ? .allowed : .refused }
        }
        return credentials(of: caller).allows(access, on: shown, decisive) ? .allowed : .refused
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
