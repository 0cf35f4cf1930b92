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
                share.forgetDirectories(onTheWayTo: location.path.parent)
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
            share.settleReleases(of: location.path, parent)
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
                if flags == 0 { share.settleReleases(of: newLocation.path, target) }
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
