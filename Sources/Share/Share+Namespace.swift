public import Model
public import Platform

/// Names and attributes: each call queues one job and answers through its completion, on a share lane.
extension Share {
    public func attributes(
        of location: ShareLocation, urgency: ShareScheduler.Urgency = .demand,
        isProbe: Bool = false,
        completion: @escaping @Sendable (Result<FileAttributes, Errno>) -> Void
    ) {
        scheduler.submit(urgency, isProbe: isProbe) { () throws(Errno) -> FileAttributes in
            try self.attributes(at: location)
        } completion: {
            completion($0)
        }
    }

    public func readLink(
        _ location: ShareLocation, completion: @escaping @Sendable (Result<[UInt8], Errno>) -> Void
    ) {
        scheduler.submit(.demand) { () throws(Errno) -> [UInt8] in
            try self.withParent(of: location) { (parent, name) throws(Errno) in
                guard location.isGuarded else {
                    return try self.onBehalfOfOwner(of: parent) { () throws(Errno) in
                        try FileCalls.readLink(at: parent, name)
                    }
                }
                let link = try self.node(parent, name, location.node)
                return try FileCalls.readLink(at: link.rawValue, Name(""))
            }
        } completion: {
            completion($0)
        }
    }

    /// Of the file system that a file lies on.
    public func usage(
        at location: ShareLocation = ShareLocation(RelativePath()),
        completion: @escaping @Sendable (Result<FileSystemUsage, Errno>) -> Void
    ) {
        scheduler.submit(.demand) { () throws(Errno) -> FileSystemUsage in
            try self.withParent(of: location) { (parent, name) throws(Errno) in
                let node = try self.node(parent, name, location.node)
                return try FileCalls.fileSystem(of: node.rawValue)
            }
        } completion: {
            completion($0)
        }
    }

    /// - Returns: the ticket, for promotion.
    @discardableResult
    public func extendedAttribute(
        _ attribute: Name, of location: ShareLocation, urgency: ShareScheduler.Urgency = .demand,
        completion: @escaping @Sendable (Result<[UInt8], Errno>) -> Void
    ) -> ShareScheduler.Ticket? {
        onPathDescriptor(of: location, urgency, completion: completion) { (node) throws(Errno) in
            try self.extendedAttribute(attribute, of: node)
        }
    }

    @discardableResult
    public func extendedAttributeNames(
        of location: ShareLocation, urgency: ShareScheduler.Urgency = .demand,
        completion: @escaping @Sendable (Result<[UInt8], Errno>) -> Void
    ) -> ShareScheduler.Ticket? {
        onPathDescriptor(of: location, urgency, completion: completion) { (node) throws(Errno) in
            try FileCalls.extendedAttributeNames(ofPath: FileCalls.path(of: node))
        }
    }

    /// The value of an attribute of what is open. In place of the POSIX ACL that NFSv4 has not: one that says of its list what
    /// such a one can. Blocks: on a lane only.
    func extendedAttribute(_ name: Name, of raw: Int32) throws(Errno) -> [UInt8] {
        // The xattr calls take paths; `/proc/self/fd/N` of an `O_PATH` descriptor names the file without a race.
        let path = FileCalls.path(of: raw)
        guard name == .accessACL, attributeNature.lists == .nfs4 else {
            return try FileCalls.extendedAttribute(ofPath: path, name)
        }
        let value = try FileCalls.extendedAttribute(ofPath: path, .nfs4ACL)
        let mode = try FileCalls.attributes(of: raw).mode
        guard let list = NFS4AccessControlList(value) else { throw .ioError }
        guard let list = list.posixList(mode: mode) else { throw .noData }
        return list
    }

    private func onPathDescriptor(
        of location: ShareLocation, _ urgency: ShareScheduler.Urgency,
        completion: @escaping @Sendable (Result<[UInt8], Errno>) -> Void,
        _ body: @escaping @Sendable (Int32) throws(Errno) -> [UInt8]
    ) -> ShareScheduler.Ticket? {
        scheduler.submit(urgency) { () throws(Errno) -> [UInt8] in
            try self.withParent(of: location) { (parent, name) throws(Errno) in
                let file = try self.node(parent, name, location.node)
                return try self.onBehalfOfOwner(of: file.rawValue) { () throws(Errno) in
                    try body(file.rawValue)
                }
            }
        } completion: {
            completion($0)
        }
    }

    /// An `O_PATH` descriptor of what a name leads to, a symbolic link included.
    ///
    /// - Parameter expected: what it has to be; nil: whatever it is.
    /// - Throws: `ESTALE` where it is another file by now.
    private func node(
        _ parent: Int32, _ name: Name, _ expected: FileIdentity?
    ) throws(Errno) -> FileDescriptor {
        let node = try onBehalfOfOwner(of: parent) { () throws(Errno) in
            try openNode(beneath: parent, name)
        }
        guard let expected else { return node }
        let found = FileIdentity(try attributes(of: node.rawValue))
        guard isExpected(found, expected) else { throw .stale }
        return node
    }
}
