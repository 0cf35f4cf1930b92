import Model
import Platform

/// Which file a name leads to, beyond its inode number.
extension Share {
    /// Attributes of what has a name, a symbolic link itself included; of files with several names also their generation.
    /// Blocks: on a lane only.
    func attributes(at parent: Int32, _ name: Name) throws(Errno) -> FileAttributes {
        try onBehalfOfOwner(of: parent) { () throws(Errno) in
            if let found = try attributesUnlessTrigger(at: parent, name) { return found }
            let folder = try FileCalls.openNode(beneath: parent, name)
            return try attributes(ofOpen: folder.rawValue)
        }
    }

    /// As ``attributes(at:_:)``; nil of a folder in whose place a file system is mounted as soon as somebody looks into it. Who
    /// lists the folder above it has not.
    func listedAttributes(at parent: Int32, _ name: Name) throws(Errno) -> FileAttributes? {
        try onBehalfOfOwner(of: parent) { () throws(Errno) in
            try attributesUnlessTrigger(at: parent, name)
        }
    }

    private func attributesUnlessTrigger(
        at parent: Int32, _ name: Name
    ) throws(Errno) -> FileAttributes? {
        let (raw, isMountTrigger) = try FileCalls.attributesOrTrigger(at: parent, name)
        if isMountTrigger { return nil }
        let found = withGeneration(placed(raw), at: parent, name)
        guard found.linkCount > 0 || !found.isRegular || !nature.countsLinks else {
            throw .noSuchFile
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

    /// Where a file system gives out no handles that last, asking for them costs a round trip for nothing.
    private func withGeneration(
        _ found: FileAttributes, at parent: Int32, _ name: Name
    ) -> FileAttributes {
        guard nature.keepsFiles, found.hasSeveralNames else { return found }
        var found = found
        found.generation = FileCalls.generation(at: parent, name)
        return found
    }

    /// Attributes of what is open, as the share's client has them; see ``attributes(of:)``.
    func attributes(ofOpen raw: Int32) throws(Errno) -> FileAttributes {
        placed(try FileCalls.attributes(of: raw))
    }

    /// Attributes of what is open, asked of the server.
    func attributesNow(ofOpen raw: Int32) throws(Errno) -> FileAttributes {
        placed(try FileCalls.attributesNow(of: raw))
    }

    /// See ``NestedFileSystems``.
    func placed(_ found: FileAttributes) -> FileAttributes { root.nested.place(found) }

    /// Of an open file; 0 where the share's file system does not say.
    func generation(of descriptor: DescriptorReference) -> UInt32 {
        guard nature.keepsFiles else { return 0 }
        defer { withExtendedLifetime(descriptor) {} }
        return FileCalls.generation(of: descriptor.rawValue)
    }
}
