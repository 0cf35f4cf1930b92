import Model
import Platform

/// Which file a name leads to, beyond its inode number.
extension Share {
    /// Attributes of what has a name, a symbolic link itself included; of files with several names also their generation.
    /// Blocks: on a lane only.
    func attributes(at parent: Int32, _ name: Name) throws(Errno) -> FileAttributes {
        let found = try onBehalfOfOwner(of: parent) { () throws(Errno) in
            try Self.attributes(at: parent, name, withGeneration: nature.keepsFiles)
        }
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

    /// - Parameter withGeneration: whether the file system gives out handles that last; where it does not, asking costs a
    ///   round trip for nothing.
    static func attributes(
        at parent: Int32, _ name: Name, withGeneration: Bool
    ) throws(Errno) -> FileAttributes {
        var found = try FileCalls.attributes(at: parent, name)
        if withGeneration, found.hasSeveralNames {
            found.generation = FileCalls.generation(at: parent, name)
        }
        return found
    }

    /// Of an open file; 0 where the share's file system does not say.
    func generation(of descriptor: DescriptorReference) -> UInt32 {
        guard nature.keepsFiles else { return 0 }
        defer { withExtendedLifetime(descriptor) {} }
        return FileCalls.generation(of: descriptor.rawValue)
    }
}
