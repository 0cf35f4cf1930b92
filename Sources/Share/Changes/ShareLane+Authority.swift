import Model
import Platform

/// On whose authority things are done, and what is checked before.
extension ShareLane {
    /// Runs `body` with an `O_PATH` descriptor of what lies at the location, a symbolic link included, once it is sure that it
    /// is what was meant and that it may be done.
    ///
    /// - Parameters:
    ///   - isRefreshing: what the share's client remembers of a file without descriptors that last is brought up to date
    ///     first.
    ///   - body: gets its attributes too, where they were asked for.
    func withNode<Value>(
        _ location: ShareLocation, _ authority: Authority,
        needing needed: (FileAttributes) -> [NeededRight],
        refreshing isRefreshing: Bool = true,
        _ body: (Int32, FileAttributes?) throws(Errno) -> Value
    ) throws(Errno) -> Value {
        try share.withParent(of: location) { (parent, name) throws(Errno) in
            let node = try share.onBehalfOfOwner(of: parent, orAs: authority.user) {
                () throws(Errno) in
                try share.openNode(beneath: parent, name)
            }
            guard location.isGuarded else { return try body(node.rawValue, nil) }
            var found = try share.attributes(of: node.rawValue)
            if isRefreshing, !share.nature.keepsFiles, found.isRegular,
                let opened = try? FileCalls.reopen(node.rawValue, [.readOnly, .nonBlocking])
            {
                // sshfs asks its server at each open, and else believes for 20 s what it knows of a path.
                found = try share.attributes(of: opened.rawValue)
            }
            try verify(found, location, authority)
            try authorize(authority, needed(found), found, node.rawValue)
            return try body(node.rawValue, found)
        }
    }

    /// - Throws: `ESTALE` where this is not what the kernel was told of.
    func verify(
        _ found: FileAttributes, _ location: ShareLocation, _ authority: Authority
    ) throws(Errno) {
        guard let expected = location.node else { return }
        let identity = FileIdentity(found)
        guard identity.kind == expected.kind,
            share.nature.inodesLast
                ? identity.inode == expected.inode : identity.belongs(toWhomHas: expected),
            // Where nobody decides again it must be as it was when the kernel decided.
            authority.user != nil || identity.grantsSameRights(as: expected)
        else { throw .stale }
    }

    /// Decides what the share does not.
    ///
    /// - Parameter raw: of the file with the attributes `found`.
    func authorize(
        _ authority: Authority, _ needed: [NeededRight], _ found: FileAttributes, _ raw: Int32
    ) throws(Errno) {
        guard let user = authority.user, !share.decides, !needed.isEmpty else { return }
        let list = try accessList(of: raw, found, for: user)
        let decisive = share.attributeNature.decisive(found, by: list)
        for right in needed where !right.isHeld(by: user, on: decisive, list) {
            throw right.refusal
        }
    }

    /// Of the file itself, asked now, where it may make a difference.
    func accessList(
        of raw: Int32, _ found: FileAttributes, for user: Credentials
    ) throws(Errno) -> AccessList {
        guard share.attributeNature.mayDependOnList(user: user.userID, on: found) else {
            return .none
        }
        do throws(Errno) {
            let value = try share.onBehalfOfOwner(of: raw) { () throws(Errno) in
                try share.extendedAttribute(.accessACL, of: raw)
            }
            return AccessList(value)
        } catch let error where error == .noData || error == .notSupported {
            return .none
        }
    }

    func authorize(
        _ authority: Authority, _ needed: [NeededRight], on raw: Int32
    ) throws(Errno) {
        guard authority.user != nil, !share.decides else { return }
        try authorize(authority, needed, try share.attributes(of: raw), raw)
    }

    func authorizeRemoval(
        _ location: ShareLocation, _ parent: Int32, _ name: Name, _ authority: Authority
    ) throws(Errno) {
        guard let user = authority.user, !share.decides else { return }
        var folder = try share.attributes(of: parent)
        let found = try share.attributes(at: parent, name, orAs: user)
        try verify(found, location, authority)
        let list = try accessList(of: parent, folder, for: user)
        folder = share.attributeNature.decisive(folder, by: list)
        guard user.mayRemove(found, from: folder, list) else {
            let access = NeededRight.access([.write, .execute])
            throw access.isHeld(by: user, on: folder, list) ? .notPermitted : access.refusal
        }
    }

    /// Runs a call so that the share sees who it is for.
    func act<Value>(
        _ authority: Authority, _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        if let user = authority.user, ThreadIdentity.canChange {
            return try ThreadIdentity.act(as: user, umask: authority.umask, body)
        }
        guard let maker = authority.maker else {
            guard let umask = authority.umask else { return try body() }
            return try ThreadIdentity.make(
                for: ThreadIdentity.ownUserID, ThreadIdentity.ownGroupID, umask: umask, body)
        }
        return try ThreadIdentity.make(
            for: maker.userID, maker.groupID, umask: authority.umask, body)
    }
}
