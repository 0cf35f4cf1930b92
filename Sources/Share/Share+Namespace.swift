public import Model
public import Platform

/// What a listing found.
public struct DirectoryContents: Sendable {
    public struct Entry: Sendable {
        public var name: Name
        public var attributes: FileAttributes

        public init(name: Name, attributes: FileAttributes) {
            self.name = name
            self.attributes = attributes
        }
    }

    public var directory: FileAttributes
    /// In the directory's own order.
    public var entries: [Entry]

    public init(directory: FileAttributes, entries: [Entry]) {
        self.directory = directory
        self.entries = entries
    }
}

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

    /// Lists a directory with the attributes of all entries.
    ///
    /// Each batch of names is followed by the attributes of the same names: network file systems bring both
    /// in one answer (READDIRPLUS) and go on doing so only for callers that ask for the attributes.
    public func list(
        _ path: RelativePath, urgency: ShareScheduler.Urgency,
        completion: @escaping @Sendable (Result<DirectoryContents, Errno>) -> Void
    ) -> ShareScheduler.Ticket? {
        scheduler.submit(urgency) { () throws(Errno) -> DirectoryContents in
            try self.recovering { () throws(Errno) in try self.contents(of: path) }
        } completion: {
            completion($0)
        }
    }

    private func contents(of path: RelativePath) throws(Errno) -> DirectoryContents {
        let directory = try directory(path)
        defer { withExtendedLifetime(directory) {} }
        let readable = try FileCalls.reopen(directory.rawValue, [.readOnly, .directory])
        let raw = readable.rawValue
        let before = try FileCalls.attributes(of: raw)
        var reader = DirectoryReader(readable)
        var entries: [DirectoryContents.Entry] = []
        while let batch = try reader.next() {
            for entry in batch {
                do throws(Errno) {
                    let found = try FileCalls.attributes(at: raw, entry.name)
                    entries.append(DirectoryContents.Entry(name: entry.name, attributes: found))
                } catch .noSuchFile {
                    continue  // removed between the two calls
                }
            }
        }
        return DirectoryContents(directory: before, entries: entries)
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
