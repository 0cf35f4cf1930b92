import Glibc
import Model
import Platform

/// Which file a name leads to, beyond its inode number.
extension Share {
    /// Attributes of what has a name, a symbolic link itself included; of files with several names also their generation.
    /// Blocks: on a lane only.
    ///
    /// Of a folder in whose place a file system is mounted as soon as somebody looks into it, that has it mounted: of what it hides
    /// then the share gives attributes only where it refuses that.
    ///
    /// - Parameter user: asks where the daemon may not.
    func attributes(
        at parent: Int32, _ name: Name, orAs user: Credentials? = nil
    ) throws(Errno) -> FileAttributes {
        var hidden: FileAttributes?
        do throws(Errno) {
            return try onBehalfOfOwner(of: parent, orAs: user) { () throws(Errno) in
                let (found, isMountTrigger) = try FileCalls.attributesOrTrigger(at: parent, name)
                guard isMountTrigger || isAutomount(found, at: parent, name) else {
                    return try settled(found, at: parent, name)
                }
                hidden = found
                let folder = try FileCalls.openFolder(beneath: parent, name)
                return try attributes(ofOpen: folder.rawValue)
            }
        } catch {
            guard let hidden, error.isAnswerOfMounting else { throw error }
            return placed(hidden, at: parent, name)
        }
    }

    /// As ``attributes(at:_:orAs:)``, for who lists the folder above: nothing is mounted for it. nil where something would be.
    func listedAttributes(at parent: Int32, _ name: Name) throws(Errno) -> FileAttributes? {
        try onBehalfOfOwner(of: parent) { () throws(Errno) in
            let (found, isMountTrigger) = try FileCalls.attributesOrTrigger(at: parent, name)
            guard !isMountTrigger, !isAutomount(found, at: parent, name) else { return nil }
            return try settled(found, at: parent, name)
        }
    }

    /// Where a file system gives out no handles that last, asking for a generation costs a round trip for nothing.
    private func settled(
        _ raw: FileAttributes, at parent: Int32, _ name: Name
    ) throws(Errno) -> FileAttributes {
        guard raw.linkCount > 0 || !raw.isRegular || !nature.countsLinks else {
            throw .noSuchFile
        }
        var found = placed(raw, at: parent, name)
        if nature.keepsFiles, found.hasSeveralNames {
            found.generation = FileCalls.generation(at: parent, name)
        }
        return found
    }

    /// As ``attributes(at:_:)``, of what lies at a location.
    func attributes(at location: ShareLocation) throws(Errno) -> FileAttributes {
        try measured { () throws(Errno) in
            try withParent(of: location) { (parent, name) throws(Errno) in
                try attributes(at: parent, name)
            }
        }
    }

    /// Attributes of what is open, as the share's client has them; see ``attributes(of:)``.
    func attributes(ofOpen raw: Int32) throws(Errno) -> FileAttributes {
        placed(try FileCalls.attributes(of: raw), at: raw, Name(""))
    }

    /// Attributes of what is open, asked of the server.
    func attributesNow(ofOpen raw: Int32) throws(Errno) -> FileAttributes {
        placed(try FileCalls.attributesNow(of: raw), at: raw, Name(""))
    }

    /// An `O_PATH` descriptor of what a name leads to, a symbolic link included; of what is mounted in a folder's place, which
    /// it has mounted.
    func openNode(beneath directory: Int32, _ name: Name) throws(Errno) -> FileDescriptor {
        try FileCalls.openNode(beneath: directory, name) { device in
            root.nested.isAutomount(device) { origin(of: directory, name) }
        }
    }

    /// The kernel says by itself where NFS has something mounted by a look, and not where autofs has.
    private func isAutomount(_ found: FileAttributes, at directory: Int32, _ name: Name) -> Bool {
        found.isDirectory
            && root.nested.isAutomount(found.device) { origin(of: directory, name) }
    }

    /// See ``NestedFileSystems``.
    private func placed(
        _ found: FileAttributes, at directory: Int32, _ name: Name
    ) -> FileAttributes {
        root.nested.place(found) { origin(of: directory, name) }
    }

    private func origin(of directory: Int32, _ name: Name) -> NestedFileSystems.Origin {
        NestedFileSystems.Origin(
            mount: FileCalls.listedMount(at: directory, name),
            fileSystemID: { FileCalls.fileSystemID(at: directory, name) })
    }

    /// Of an open file; 0 where the share's file system does not say.
    func generation(of descriptor: DescriptorReference) -> UInt32 {
        guard nature.keepsFiles else { return 0 }
        defer { withExtendedLifetime(descriptor) {} }
        return FileCalls.generation(of: descriptor.rawValue)
    }
}

extension Errno {
    /// What the share says where a file system cannot be mounted in a folder's place, and will say again: it keeps it from us, or
    /// has none.
    fileprivate var isAnswerOfMounting: Bool {
        isDenial || self == .noSuchFile || self == .symlinkLoop || self == Errno(rawValue: EREMOTE)
    }
}
