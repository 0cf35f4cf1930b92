import Fuse
import Model
import Platform

/// Names: looking them up, making and removing them.
extension Passthrough {
    func lookup(_ request: FuseRequest, parent: UInt64, name: Name) {
        network.serve(.lookup, request) { [self] () throws(Errno) in
            do throws(Errno) {
                let found = try acting(request) { () throws(Errno) in
                    try entry(parent: parent, name: name)
                }
                return .init { request.reply(entry: found) }
            } catch {
                guard error == .noSuchFile, timeouts.negative > 0 else { throw error }
                let timeout = timeouts.negative
                return .init { request.reply(entry: .negative(timeout: timeout)) }
            }
        }
    }

    func readLink(_ request: FuseRequest, node: UInt64) {
        network.serve(.readlink, request) { [self] () throws(Errno) in
            let target = try FileCalls.readLink(
                at: try inodes.descriptor(of: node).rawValue, Name([]))
            return .init { request.reply(link: target) }
        }
    }

    func makeNode(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32, device: UInt64)
    {
        make(.mknod, request, parent, name) { (directory, name) throws(Errno) in
            try FileCalls.makeNode(at: directory, name, mode: mode, device: device)
        }
    }

    func makeDirectory(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32) {
        make(.mkdir, request, parent, name) { (directory, name) throws(Errno) in
            try FileCalls.makeDirectory(at: directory, name.bytes, mode: mode)
        }
    }

    func makeSymbolicLink(_ request: FuseRequest, target: [UInt8], parent: UInt64, name: Name) {
        make(.symlink, request, parent, name) { (directory, name) throws(Errno) in
            try FileCalls.makeSymbolicLink(at: directory, name, to: target)
        }
    }

    func link(_ request: FuseRequest, node: UInt64, newParent: UInt64, newName: Name) {
        network.serve(.link, request) { [self] () throws(Errno) in
            let (file, folder) = (
                try inodes.descriptor(of: node), try inodes.descriptor(of: newParent)
            )
            let newName = try listed(newName, in: folder)
            try acting(request) { () throws(Errno) in
                try FileCalls.link(file.rawValue, at: folder.rawValue, newName)
            }
            let made = try entry(parent: newParent, name: newName)
            return .init { request.reply(entry: made) }
        }
    }

    func unlink(_ request: FuseRequest, parent: UInt64, name: Name) {
        parting(.unlink, request) { [self] () throws(Errno) in
            try [place(parent, name)]
        } _: { [self] () throws(Errno) in
            let (directory, name) = try place(parent, name)
            try requireClosed(directory, name)
            if try hideIfOpen(directory, name, request) { return }
            try acting(request) { () throws(Errno) in
                try FileCalls.unlink(at: directory.rawValue, name.bytes)
            }
        }
    }

    func removeDirectory(_ request: FuseRequest, parent: UInt64, name: Name) {
        network.serve(.rmdir, request) { [self] () throws(Errno) in
            let (directory, name) = try place(parent, name)
            try acting(request) { () throws(Errno) in
                try FileCalls.removeDirectory(at: directory.rawValue, name)
            }
            return .init { request.reply(error: nil) }
        }
    }

    func rename(
        _ request: FuseRequest, parent: UInt64, name: Name, newParent: UInt64, newName: Name,
        flags: UInt32
    ) {
        parting(.rename, request) { [self] () throws(Errno) in
            try [place(parent, name), place(newParent, newName)]
        } _: { [self] () throws(Errno) in
            let (directory, oldName) = try place(parent, name)
            let (folder, newName) = try place(newParent, newName)
            try requireClosed(directory, oldName)
            try requireClosed(folder, newName)
            if flags == 0 { _ = try hideIfOpen(folder, newName, request) }
            try acting(request) { () throws(Errno) in
                try FileCalls.rename(
                    at: directory.rawValue, oldName, to: folder.rawValue, newName, flags: flags)
            }
        }
    }

    /// Where a name is, as its folder lists it.
    private func place(
        _ parent: UInt64, _ name: Name
    ) throws(Errno) -> (DescriptorReference, Name) {
        let directory = try inodes.descriptor(of: parent)
        return (directory, try listed(name, in: directory))
    }

    /// What is behind a name now. Counts a lookup: the entry must be sent.
    func entry(parent: UInt64, name: Name) throws(Errno) -> FuseEntry {
        let lie = parent == Inodes.root ? .none : network.lie
        if let file = lie.madeUp(name) { return file.answer(timeouts) }
        let (directory, listed) = try place(parent, name)
        return try entry(
            FileCalls.open(at: directory.rawValue, listed.bytes, [.pathOnly, .noFollow]), name, lie)
    }

    /// - Parameters:
    ///   - descriptor: opened with `O_PATH`.
    ///   - name: as it was asked for.
    func entry(
        _ descriptor: consuming FileDescriptor, _ name: Name, _ lie: ListingLie
    ) throws(Errno) -> FuseEntry {
        let attributes = try lie.attributes(
            name, clock.shown(try FileCalls.attributes(of: descriptor.rawValue)))
        let node = inodes.remember(descriptor, attributes, as: name)
        return FuseEntry(
            nodeID: node, attributes: numbered(attributes, node),
            attributeTimeout: timeouts.attribute,
            // What is done to a file by one spelling is done to all: the kernel, which takes them for so many names, asks.
            entryTimeout: traits.ignoresCase && !traits.numbersNames ? 0 : timeouts.entry)
    }

    /// Attributes as they are shown of a node.
    func numbered(_ attributes: FileAttributes, _ node: UInt64) -> FileAttributes {
        guard traits.numbersNames else { return attributes }
        var attributes = attributes
        attributes.inode = node
        return attributes
    }

    /// Makes a name in the caller's name, and answers with what it stands for.
    private func make(
        _ kind: OperationKind, _ request: FuseRequest, _ parent: UInt64, _ name: Name,
        _ body: @escaping @Sendable (_ directory: Int32, _ name: Name) throws(Errno) -> Void
    ) {
        network.serve(kind, request) { [self] () throws(Errno) in
            let (directory, name) = try place(parent, name)
            try making(request) { () throws(Errno) in try body(directory.rawValue, name) }
            let made = try entry(parent: parent, name: name)
            return .init { request.reply(entry: made) }
        }
    }
}
