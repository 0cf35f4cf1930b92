public import Model
public import Platform

/// Calls that change the share. They block, so they exist on a lane only: see ``Share/change(_:completion:)``.
///
/// Paths are below the share's root and are walked from descriptors; no link is followed. Each call throws what
/// the share's own system call gave; and `ESTALE` where a location's expectations do not hold any more, before anything was
/// done.
public struct ShareLane: Sendable {
    let share: Share

    // MARK: - Making

    /// Makes a file that must not be there, and opens it.
    ///
    /// - Parameter flags: of `open(2)`; creation is added here.
    public func create(
        _ location: ShareLocation, _ flags: OpenFlags, mode: UInt32, for authority: Authority
    ) throws(Errno) -> (ShareHandle, FileAttributes) {
        let hold = OpenPaths.Hold()
        let opened = try make(location, authority) {
            (parent, name) throws(Errno) -> DescriptorReference in
            let opening = ShareHandle.sharedFlags(flags).union([.create, .exclusive, .noFollow])
            return DescriptorReference(
                try FileCalls.open(beneath: parent, name.bytes, opening, mode: mode),
                keeping: share.companions(at: location.path, hold, authority.companion))
        }
        let attributes: FileAttributes
        do throws(Errno) {
            attributes = try opened.withRawValue(share.attributes(ofOpen:))
        } catch let error where error == .stale || error == .notConnected {
            attributes = try self.attributes(location)
        }
        return (
            ShareHandle(
                share, opened, hold, at: location, flags: flags, inode: attributes.inode),
            attributes
        )
    }

    public func makeDirectory(
        _ location: ShareLocation, mode: UInt32, for authority: Authority
    ) throws(Errno) -> FileAttributes {
        try makeNamed(location, authority) { (parent, name) throws(Errno) in
            try FileCalls.makeDirectory(at: parent, name.bytes, mode: mode)
        }
    }

    /// - Parameter mode: type and permission bits.
    public func makeNode(
        _ location: ShareLocation, mode: UInt32, device: UInt64, for authority: Authority
    ) throws(Errno) -> FileAttributes {
        try makeNamed(location, authority) { (parent, name) throws(Errno) in
            try FileCalls.makeNode(at: parent, name, mode: mode, device: device)
        }
    }

    public func makeSymbolicLink(
        _ location: ShareLocation, to target: [UInt8], for authority: Authority
    ) throws(Errno) -> FileAttributes {
        try makeNamed(location, authority) { (parent, name) throws(Errno) in
            try FileCalls.makeSymbolicLink(at: parent, name, to: target)
        }
    }

    /// Gives the file at `location` another name.
    public func link(
        _ location: ShareLocation, to newLocation: ShareLocation, for authority: Authority
    ) throws(Errno) -> FileAttributes {
        try withNode(location, authority, needing: { _ in [.link] }) { (node, _) throws(Errno) in
            // The owner of a file has nothing to do with who may name it.
            var authority = authority
            authority.maker = nil
            try make(newLocation, authority) { (parent, name) throws(Errno) in
                try FileCalls.link(node, at: parent, name)
            }
        }
        return try attributes(newLocation)
    }

    private func makeNamed(
        _ location: ShareLocation, _ authority: Authority,
        _ body: (Int32, Name) throws(Errno) -> Void
    ) throws(Errno) -> FileAttributes {
        try make(location, authority, body)
        // Apart from the making: that must not be repeated because the look at it went wrong.
        return try attributes(location)
    }

    /// Runs `body` with the parent's descriptor, and once more if that folder turns out to be gone: another one
    /// may have its path by now.
    private func make<Value>(
        _ location: ShareLocation, _ authority: Authority,
        _ body: (Int32, Name) throws(Errno) -> Value
    ) throws(Errno) -> Value {
        try share.measured(way: .wire) { () throws(Errno) in
            do throws(Errno) {
                return try makeOnce(location, authority, body)
            } catch .noSuchFile {
                share.forgetDirectories(below: location.path.parent)
                return try makeOnce(location, authority, body)
            }
        }
    }

    private func makeOnce<Value>(
        _ location: ShareLocation, _ authority: Authority,
        _ body: (Int32, Name) throws(Errno) -> Value
    ) throws(Errno) -> Value {
        try share.withParent(of: location) { (parent, name) throws(Errno) in
            try authorize(authority, [.access([.write, .execute])], on: parent)
            return try act(authority) { () throws(Errno) in try body(parent, name) }
        }
    }

    // MARK: - Removing and renaming

    public func unlink(_ location: ShareLocation, for authority: Authority) throws(Errno) {
        try named(location) { (parent, name) throws(Errno) in
            try authorizeRemoval(location, parent, name, authority)
            try act(authority) { () throws(Errno) in
                try FileCalls.unlink(at: parent, name.bytes)
            }
        }
        share.openPaths.removed(location.path)
    }

    public func removeDirectory(
        _ location: ShareLocation, for authority: Authority
    ) throws(Errno) {
        try named(location) { (parent, name) throws(Errno) in
            try authorizeRemoval(location, parent, name, authority)
            try act(authority) { () throws(Errno) in
                try FileCalls.removeDirectory(at: parent, name)
            }
        }
        share.openPaths.removed(location.path)
        share.forgetDirectories(below: location.path)
    }

    /// - Parameter flags: `RENAME_NOREPLACE`, `RENAME_EXCHANGE` or 0.
    public func rename(
        _ location: ShareLocation, to newLocation: ShareLocation, flags: UInt32,
        for authority: Authority
    ) throws(Errno) {
        try named(location) { (parent, name) throws(Errno) in
            guard let newName = newLocation.path.components.last else { throw .busy }
            let folder = try share.directory(
                newLocation.path.parent, expecting: newLocation.folders)
            try folder.withRawValue { (target) throws(Errno) in
                try authorizeRemoval(location, parent, name, authority)
                do throws(Errno) {
                    try authorizeRemoval(newLocation, target, newName, authority)
                } catch .noSuchFile {
                    try authorize(authority, [.access([.write, .execute])], on: target)
                }
                try act(authority) { () throws(Errno) in
                    try FileCalls.rename(at: parent, name, to: target, newName, flags: flags)
                }
            }
        }
        let isExchange = flags & FileCalls.renameExchange != 0
        share.openPaths.renamed(location.path, to: newLocation.path, isExchange: isExchange)
        // Kept descriptors of folders are found by path.
        share.forgetDirectories(below: location.path)
        share.forgetDirectories(below: newLocation.path)
    }

    private func named(
        _ location: ShareLocation, _ body: (Int32, Name) throws(Errno) -> Void
    ) throws(Errno) {
        // The share's own root has no name to take away.
        guard !location.path.components.isEmpty else { throw .busy }
        try share.measured(way: .wire) { () throws(Errno) in
            try share.withParent(of: location, body)
        }
    }

    // MARK: - Attributes

    /// Whether a name leads to a file that is open; nil where that cannot be told, or asking would only be waiting.
    public func leads(_ location: ShareLocation, to file: ShareFile) -> Bool? {
        guard share.scheduler.isReachable else { return nil }
        do throws(Errno) {
            let open = try file.readable(self).withRawValue(share.attributes(ofOpen:))
            guard let found = try share.attributesNow(at: location) else { return false }
            return found.device == open.device && found.inode == open.inode
        } catch {
            return nil
        }
    }

    /// Attributes of what is open, as the share's client has them.
    public func attributes(
        ofOpen descriptor: DescriptorReference
    ) throws(Errno) -> FileAttributes {
        try descriptor.withRawValue(share.attributes(ofOpen:))
    }

    public func attributes(_ location: ShareLocation) throws(Errno) -> FileAttributes {
        try share.attributes(at: location)
    }

    /// - Parameter handle: an open file of the same node, if the caller has one: what it allows needs no rights.
    /// - Returns: the attributes after the change.
    public func setAttributes(
        _ location: ShareLocation, _ changes: AttributeChanges, through handle: ShareHandle?,
        for authority: Authority
    ) throws(Errno) -> FileAttributes {
        try share.measured { () throws(Errno) in
            let writable = handle.flatMap { $0.isWritable ? $0.descriptor : nil }
            defer { withExtendedLifetime(writable) {} }
            return try withNode(
                location, authority,
                needing: {
                    Self.neededRights(changes, authority, $0, isWritable: writable != nil)
                }
            ) { (node, found) throws(Errno) in
                try change(node, found, changes, authority, writable: writable?.rawValue)
            }
        }
    }

    /// - Parameter found: of `node` before the change; nil where nobody asked.
    func change(
        _ node: Int32, _ found: FileAttributes?, _ changes: AttributeChanges,
        _ authority: Authority, writable: Int32?
    ) throws(Errno) -> FileAttributes {
        var changes = changes
        if let found, let mode = changes.mode, Self.isOfTheKernel(mode, authority, found) {
            try share.onBehalfOfOwner(of: node) { () throws(Errno) in
                try FileCalls.setMode(of: node, mode)
            }
            changes.mode = nil
        }
        // Times that come with a descriptor are of the kernel as well, see ``neededRights(_:_:_:isWritable:)``.
        let times = (changes.accessed, changes.modified)
        if writable != nil { (changes.accessed, changes.modified) = (.omit, .omit) }
        let setGroupID: UInt32 = 0o2000
        if let found, let user = authority.user, let mode = changes.mode, !share.decides,
            !found.isDirectory, mode & setGroupID != 0, !user.isMember(of: found.groupID),
            !user.has(.keepSetID)
        {
            // The kernel has seen to that, by the group that it knew.
            changes.mode = mode & ~setGroupID
        }
        let rest = changes
        try act(authority) { () throws(Errno) in
            try FileCalls.apply(rest, to: node, writable: writable)
        }
        if writable != nil, times != (.omit, .omit) {
            try share.onBehalfOfOwner(of: node) { () throws(Errno) in
                try FileCalls.setTimes(of: node, accessed: times.0, modified: times.1)
            }
        }
        return try share.attributes(ofOpen: node)
    }

    /// Whether a change of mode is the kernel's own doing, when somebody else than its owner writes to a file: it takes
    /// set-user-id and set-group-id bits away, which needs no right.
    private static func isOfTheKernel(
        _ mode: UInt32, _ authority: Authority, _ before: FileAttributes
    ) -> Bool {
        guard let user = authority.user, !user.owns(before) else { return false }
        let setID: UInt32 = 0o6000
        return (mode ^ before.mode) & 0o7777 & ~setID == 0 && mode & setID & ~before.mode == 0
    }

    /// - Parameters:
    ///   - found: of the file before the change.
    ///   - isWritable: the caller has it open for writing.
    static func neededRights(
        _ changes: AttributeChanges, _ authority: Authority, _ found: FileAttributes,
        isWritable: Bool
    ) -> [NeededRight] {
        var needed: [NeededRight] = []
        if changes.userID != nil || changes.groupID != nil {
            needed.append(.change(userID: changes.userID, groupID: changes.groupID))
        }
        if changes.size != nil, !isWritable { needed.append(.access(.write)) }
        switch (changes.accessed, changes.modified) {
        case (.omit, .omit): break
        // The kernel sends what it noted when pages were stored through mmap(2); programs come without their descriptor.
        case _ where isWritable: break
        case (.now, .now): needed.append(.touch)
        default: needed.append(.ownership)
        }
        if let mode = changes.mode, !isOfTheKernel(mode, authority, found) {
            needed.append(.ownership)
        }
        return needed
    }

    public func setExtendedAttribute(
        _ location: ShareLocation, _ attribute: Name, to value: [UInt8], flags: Int32,
        for authority: Authority
    ) throws(Errno) {
        try share.measured { () throws(Errno) in
            try withNode(location, authority, needing: { _ in Self.neededRights(attribute) }) {
                (node, _) throws(Errno) in
                try act(authority) { () throws(Errno) in
                    try FileCalls.setExtendedAttribute(
                        of: node, attribute, to: value, flags: flags)
                }
            }
        }
    }

    public func removeExtendedAttribute(
        _ location: ShareLocation, _ attribute: Name, for authority: Authority
    ) throws(Errno) {
        try share.measured { () throws(Errno) in
            try withNode(location, authority, needing: { _ in Self.neededRights(attribute) }) {
                (node, _) throws(Errno) in
                try act(authority) { () throws(Errno) in
                    try FileCalls.removeExtendedAttribute(of: node, attribute)
                }
            }
        }
    }

    /// Of xattr(7). Who may touch the other name spaces is told by capabilities, which the kernel has seen.
    static func neededRights(_ attribute: Name) -> [NeededRight] {
        if attribute.bytes.starts(with: "user.".utf8) { return [.access(.write)] }
        if attribute.bytes.starts(with: "system.".utf8) { return [.ownership] }
        return []
    }

    // MARK: - Opening

    /// Opens a file that is there. `O_NONBLOCK` is added, so that a file replaced by a FIFO cannot hold the lane.
    ///
    /// - Parameter inode: of the file that is meant, by which it is known again when the server forgot it.
    /// - Throws: `ESTALE` when another one has the place.
    public func open(
        _ location: ShareLocation, _ flags: OpenFlags, inode: UInt64, for authority: Authority
    ) throws(Errno) -> ShareHandle {
        try share.measured { () throws(Errno) in
            let hold = OpenPaths.Hold()
            let opened = try open(location, ShareHandle.sharedFlags(flags), hold, for: authority)
            return ShareHandle(share, opened, hold, at: location, flags: flags, inode: inode)
        }
    }

    func open(
        _ location: ShareLocation, _ flags: OpenFlags, _ hold: OpenPaths.Hold,
        for authority: Authority
    ) throws(Errno) -> DescriptorReference {
        guard location.isGuarded else {
            return try share.withParent(of: location) { (parent, name) throws(Errno) in
                DescriptorReference(
                    try FileCalls.open(
                        beneath: parent, name.bytes, flags.union([.noFollow, .nonBlocking])),
                    keeping: share.companions(at: location.path, hold, authority.companion))
            }
        }
        let access = Self.access(flags)
        return try withNode(
            location, authority, needing: { _ in [.access(access)] }, refreshing: false
        ) {
            (node, found) throws(Errno) in
            // A device does things when it is opened.
            guard found?.isRegular == true else { throw .stale }
            // Nothing is cut off before it is sure which file it is.
            let first = share.nature.keepsFiles ? flags : flags.subtracting(.truncate)
            let opened = try act(authority) { () throws(Errno) in
                DescriptorReference(
                    try FileCalls.reopen(node, first.union(.nonBlocking)),
                    keeping: share.companions(at: location.path, hold, authority.companion))
            }
            guard !share.nature.keepsFiles else { return opened }
            let now = try share.attributes(of: opened)
            try verify(now, location, authority)
            try opened.withRawValue { (raw) throws(Errno) in
                try authorize(authority, [.access(access)], now, raw)
            }
            if flags.contains(.truncate) {
                try opened.withRawValue { (raw) throws(Errno) in
                    // O_TRUNC works with O_RDONLY too, ftruncate(2) does not.
                    guard flags.accessMode == .readOnly else {
                        return try FileCalls.setSize(ofOpen: raw, 0)
                    }
                    try act(authority) { () throws(Errno) in try FileCalls.setSize(of: raw, 0) }
                }
            }
            return opened
        }
    }

    private static func access(_ flags: OpenFlags) -> Credentials.Access {
        var access: Credentials.Access =
            switch flags.accessMode {
            case .readOnly: .read
            case .writeOnly: .write
            default: [.read, .write]
            }
        if flags.contains(.truncate) { access.insert(.write) }
        return access
    }

    /// Asks the share whether root may read the file or the folder that lies there, by way of all the folders above it.
    ///
    /// - Throws: what it says.
    public func requireGrantedToRoot(_ location: ShareLocation) throws(Errno) {
        try share.measured { () throws(Errno) in
            let root = try share.directory(at: ShareLocation(RelativePath()))
            let path = location.path.components.isEmpty ? [0x2E] : location.path.bytes
            let found = try root.withRawValue { (root) throws(Errno) in
                let opened = try FileCalls.open(beneath: root, path, [.readOnly, .noFollow])
                return try share.attributes(of: opened.rawValue)
            }
            try verify(found, location, .daemon)
        }
        share.noteGrantedToRoot()
    }

    /// Makes what was done to a folder's names durable.
    public func synchronizeDirectory(
        _ location: ShareLocation, dataOnly: Bool
    ) throws(Errno) {
        try share.measured { () throws(Errno) in
            let folder = try share.directory(at: location)
            try folder.withRawValue { (directory) throws(Errno) in
                let readable = try share.onBehalfOfOwner(of: directory) { () throws(Errno) in
                    try FileCalls.reopen(directory, [.readOnly, .directory])
                }
                try FileCalls.synchronize(readable.rawValue, dataOnly: dataOnly)
            }
        }
    }

    // MARK: - Who may

    /// Runs `body` with an `O_PATH` descriptor of what lies at the location, a symbolic link included, once it is sure that it
    /// is what was meant and that it may be done.
    ///
    /// - Parameters:
    ///   - isRefreshing: what the share's client remembers of a file without descriptors that last is brought up to date
    ///     first.
    ///   - body: gets its attributes too, where they were asked for.
    private func withNode<Value>(
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
    private func verify(
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
    private func accessList(
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

    private func authorize(
        _ authority: Authority, _ needed: [NeededRight], on raw: Int32
    ) throws(Errno) {
        guard authority.user != nil, !share.decides else { return }
        try authorize(authority, needed, try share.attributes(of: raw), raw)
    }

    private func authorizeRemoval(
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

extension Share {
    /// For work that already runs on a lane by another way.
    public var lane: ShareLane { ShareLane(share: self) }

    /// Runs changes on a lane, as a demand.
    ///
    /// - Parameters:
    ///   - work: runs at most once, perhaps to its end after `completion` said `ETIMEDOUT`: what has to follow a
    ///     change whoever waits for it belongs into `work`.
    ///   - completion: called once; `ETIMEDOUT` leaves open whether the change will still happen.
    public func change<Value: Sendable>(
        _ work: @escaping @Sendable (ShareLane) throws(Errno) -> Value,
        completion: @escaping @Sendable (Result<Value, Errno>) -> Void
    ) {
        scheduler.submit(.demand) { () throws(Errno) -> Value in
            try work(ShareLane(share: self))
        } completion: {
            completion($0)
        }
    }
}
