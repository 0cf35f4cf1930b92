public import Model
public import Platform

/// In whose name something is made on the share.
public protocol ActingIdentity: Sendable {
    /// Runs `body`, which makes a file, so that the file belongs to whom it is made for. Not across threads.
    func act<Value>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value
}

/// Calls that change the share. They block, so they exist on a lane only: see ``Share/change(_:completion:)``.
///
/// Paths are below the share's root and are walked from descriptors; no link is followed. Each call throws what
/// the share's own system call gave.
public struct ShareLane: Sendable {
    let share: Share

    // MARK: - Making

    /// Makes a file that must not be there, and opens it.
    ///
    /// - Parameter flags: of `open(2)`; creation is added here.
    public func create(
        _ path: RelativePath, _ flags: OpenFlags, mode: UInt32, as identity: any ActingIdentity
    ) throws(Errno) -> (ShareHandle, FileAttributes) {
        let opened = try make(path) { (parent, name) throws(Errno) -> DescriptorReference in
            let opening = ShareHandle.sharedFlags(flags).union([.create, .exclusive, .noFollow])
            let raw = try identity.act { () throws(Errno) -> Int32 in
                try FileCalls.open(at: parent, name.bytes, opening, mode: mode).release()
            }
            return DescriptorReference(FileDescriptor(owning: raw))
        }
        let attributes: FileAttributes
        do throws(Errno) {
            attributes = try opened.withRawValue(FileCalls.attributes(of:))
        } catch let error where error == .stale || error == .notConnected {
            attributes = try look(path)
        }
        return (
            ShareHandle(share, opened, path: path, flags: flags, inode: attributes.inode),
            attributes
        )
    }

    public func makeDirectory(
        _ path: RelativePath, mode: UInt32, as identity: any ActingIdentity
    ) throws(Errno) -> FileAttributes {
        try makeNamed(path, identity) { (parent, name) throws(Errno) in
            try FileCalls.makeDirectory(at: parent, name.bytes, mode: mode)
        }
    }

    /// - Parameter mode: type and permission bits.
    public func makeNode(
        _ path: RelativePath, mode: UInt32, device: UInt64, as identity: any ActingIdentity
    ) throws(Errno) -> FileAttributes {
        try makeNamed(path, identity) { (parent, name) throws(Errno) in
            try FileCalls.makeNode(at: parent, name, mode: mode, device: device)
        }
    }

    public func makeSymbolicLink(
        _ path: RelativePath, to target: [UInt8], as identity: any ActingIdentity
    ) throws(Errno) -> FileAttributes {
        try makeNamed(path, identity) { (parent, name) throws(Errno) in
            try FileCalls.makeSymbolicLink(at: parent, name, to: target)
        }
    }

    /// Gives the file at `path` another name.
    public func link(
        _ path: RelativePath, to newPath: RelativePath
    ) throws(Errno) -> FileAttributes {
        try withNode(path) { (node) throws(Errno) in
            try make(newPath) { (parent, name) throws(Errno) in
                try FileCalls.link(node, at: parent, name)
            }
        }
        return try look(newPath)
    }

    private func makeNamed(
        _ path: RelativePath, _ identity: any ActingIdentity,
        _ body: (Int32, Name) throws(Errno) -> Void
    ) throws(Errno) -> FileAttributes {
        try make(path) { (parent, name) throws(Errno) in
            try identity.act { () throws(Errno) in try body(parent, name) }
        }
        return try look(path)
    }

    /// What was just made. Apart from the making: that must not be repeated because the look at it went wrong.
    private func look(_ path: RelativePath) throws(Errno) -> FileAttributes {
        try share.measured { () throws(Errno) in
            try share.withParent(of: path) { (parent, name) throws(Errno) in
                try FileCalls.attributes(at: parent, name)
            }
        }
    }

    /// Runs `body` with the parent's descriptor, and once more if that folder turns out to be gone: another one
    /// may have its path by now.
    private func make<Value>(
        _ path: RelativePath, _ body: (Int32, Name) throws(Errno) -> Value
    ) throws(Errno) -> Value {
        try share.measured { () throws(Errno) in
            do throws(Errno) {
                return try share.withParent(of: path, body)
            } catch .noSuchFile {
                share.forgetDirectories(below: path.parent)
                return try share.withParent(of: path, body)
            }
        }
    }

    // MARK: - Removing and renaming

    public func unlink(_ path: RelativePath) throws(Errno) {
        try named(path) { (parent, name) throws(Errno) in
            try FileCalls.unlink(at: parent, name.bytes)
        }
    }

    public func removeDirectory(_ path: RelativePath) throws(Errno) {
        try named(path) { (parent, name) throws(Errno) in
            try FileCalls.removeDirectory(at: parent, name)
        }
        share.forgetDirectories(below: path)
    }

    /// - Parameter flags: `RENAME_NOREPLACE`, `RENAME_EXCHANGE` or 0.
    public func rename(
        _ path: RelativePath, to newPath: RelativePath, flags: UInt32
    ) throws(Errno) {
        try named(path) { (parent, name) throws(Errno) in
            guard let newName = newPath.components.last else { throw .busy }
            try share.directory(newPath.parent).withRawValue { (target) throws(Errno) in
                try FileCalls.rename(at: parent, name, to: target, newName, flags: flags)
            }
        }
        // Kept descriptors of folders are found by path.
        share.forgetDirectories(below: path)
        share.forgetDirectories(below: newPath)
    }

    private func named(
        _ path: RelativePath, _ body: (Int32, Name) throws(Errno) -> Void
    ) throws(Errno) {
        // The share's own root has no name to take away.
        guard !path.components.isEmpty else { throw .busy }
        try share.measured { () throws(Errno) in try share.withParent(of: path, body) }
    }

    // MARK: - Attributes

    public func attributes(_ path: RelativePath) throws(Errno) -> FileAttributes {
        try share.measured { () throws(Errno) in
            try share.withParent(of: path) { (parent, name) throws(Errno) in
                try FileCalls.attributes(at: parent, name)
            }
        }
    }

    /// - Parameter handle: an open file of the same node, if there is one: what it allows needs no rights.
    /// - Returns: the attributes after the change.
    public func setAttributes(
        _ path: RelativePath, _ changes: AttributeChanges, through handle: ShareHandle?
    ) throws(Errno) -> FileAttributes {
        try share.measured { () throws(Errno) in
            let writable = handle.flatMap { $0.isWritable ? $0.descriptor : nil }
            defer { withExtendedLifetime(writable) {} }
            return try withNode(path) { (node) throws(Errno) in
                try FileCalls.apply(changes, to: node, writable: writable?.rawValue)
                return try FileCalls.attributes(of: node)
            }
        }
    }

    public func setExtendedAttribute(
        _ path: RelativePath, _ attribute: Name, to value: [UInt8], flags: Int32
    ) throws(Errno) {
        try share.measured { () throws(Errno) in
            try withNode(path) { (node) throws(Errno) in
                try FileCalls.setExtendedAttribute(of: node, attribute, to: value, flags: flags)
            }
        }
    }

    public func removeExtendedAttribute(
        _ path: RelativePath, _ attribute: Name
    ) throws(Errno) {
        try share.measured { () throws(Errno) in
            try withNode(path) { (node) throws(Errno) in
                try FileCalls.removeExtendedAttribute(of: node, attribute)
            }
        }
    }

    // MARK: - Opening

    /// Opens a file that is there. `O_NONBLOCK` is added, so that a file replaced by a FIFO cannot hold the lane.
    ///
    /// - Parameter inode: of the file that is meant.
    /// - Throws: `ESTALE` when another one has the path.
    public func open(
        _ path: RelativePath, _ flags: OpenFlags, inode: UInt64
    ) throws(Errno) -> ShareHandle {
        try share.measured { () throws(Errno) in
            let opened = try open(path, ShareHandle.sharedFlags(flags))
            return ShareHandle(share, opened, path: path, flags: flags, inode: inode)
        }
    }

    func open(_ path: RelativePath, _ flags: OpenFlags) throws(Errno) -> DescriptorReference {
        try share.withParent(of: path) { (parent, name) throws(Errno) in
            DescriptorReference(
                try FileCalls.open(
                    at: parent, name.bytes, flags.union([.noFollow, .nonBlocking])))
        }
    }

    /// Makes what was done to a folder's names durable.
    public func synchronizeDirectory(_ path: RelativePath, dataOnly: Bool) throws(Errno) {
        try share.measured { () throws(Errno) in
            try share.directory(path).withRawValue { (directory) throws(Errno) in
                let readable = try FileCalls.reopen(directory, [.readOnly, .directory])
                try FileCalls.synchronize(readable.rawValue, dataOnly: dataOnly)
            }
        }
    }

    /// Runs `body` with an `O_PATH` descriptor of what the path names, a symbolic link included.
    private func withNode<Value>(
        _ path: RelativePath, _ body: (Int32) throws(Errno) -> Value
    ) throws(Errno) -> Value {
        try share.withParent(of: path) { (parent, name) throws(Errno) in
            let node = try FileCalls.open(at: parent, name.bytes, [.pathOnly, .noFollow])
            return try body(node.rawValue)
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
