public import Model
public import Platform

/// Names and attributes: each call queues one job and answers through its completion, on a share lane.
extension Share {
    public func attributes(
        of path: RelativePath, urgency: ShareScheduler.Urgency = .demand, isProbe: Bool = false,
        completion: @escaping @Sendable (Result<FileAttributes, Errno>) -> Void
    ) {
        scheduler.submit(urgency, isProbe: isProbe) { () throws(Errno) -> FileAttributes in
            try self.measured { () throws(Errno) in
                try self.withParent(of: path) { (parent, name) throws(Errno) in
                    try FileCalls.attributes(at: parent, name)
                }
            }
        } completion: {
            completion($0)
        }
    }

    public func readLink(
        _ path: RelativePath, completion: @escaping @Sendable (Result<[UInt8], Errno>) -> Void
    ) {
        scheduler.submit(.demand) { () throws(Errno) -> [UInt8] in
            try self.withParent(of: path) { (parent, name) throws(Errno) in
                try FileCalls.readLink(at: parent, name)
            }
        } completion: {
            completion($0)
        }
    }

    public func usage(completion: @escaping @Sendable (Result<FileSystemUsage, Errno>) -> Void) {
        scheduler.submit(.demand) { () throws(Errno) -> FileSystemUsage in
            try self.directory(RelativePath()).withRawValue { (root) throws(Errno) in
                try FileCalls.fileSystem(of: root)
            }
        } completion: {
            completion($0)
        }
    }

    public func extendedAttribute(
        _ attribute: Name, of path: RelativePath,
        completion: @escaping @Sendable (Result<[UInt8], Errno>) -> Void
    ) {
        onPathDescriptor(of: path, completion: completion) { (link) throws(Errno) in
            try FileCalls.extendedAttribute(ofPath: link, attribute)
        }
    }

    public func extendedAttributeNames(
        of path: RelativePath, completion: @escaping @Sendable (Result<[UInt8], Errno>) -> Void
    ) {
        onPathDescriptor(of: path, completion: completion) { (link) throws(Errno) in
            try FileCalls.extendedAttributeNames(ofPath: link)
        }
    }

    /// The xattr calls take paths; `/proc/self/fd/N` of an `O_PATH` descriptor names the file without a race.
    private func onPathDescriptor(
        of path: RelativePath, completion: @escaping @Sendable (Result<[UInt8], Errno>) -> Void,
        _ body: @escaping @Sendable (String) throws(Errno) -> [UInt8]
    ) {
        scheduler.submit(.demand) { () throws(Errno) -> [UInt8] in
            try self.withParent(of: path) { (parent, name) throws(Errno) in
                let file = try FileCalls.open(at: parent, name.bytes, [.pathOnly, .noFollow])
                return try body("/proc/self/fd/\(file.rawValue)")
            }
        } completion: {
            completion($0)
        }
    }
}
