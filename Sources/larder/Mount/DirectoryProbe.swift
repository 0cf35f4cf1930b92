import Model
import Platform

/// What is to be known of a directory before it becomes a share, a view or a cache.
struct DirectoryProbe: Codable, Equatable, Sendable {
    /// A directory, whatever path leads to it: bind mounts and symbolic links do not hide it.
    struct Identity: Codable, Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
    }

    /// Depth at which walking up is given up; PATH_MAX allows no more than half of that.
    private static let depthMax = 4096

    /// Canonical.
    var path: String
    /// The directory itself, its parent, and so on up to `/`.
    var chain: [Identity]
    var isEmpty: Bool

    var identity: Identity { chain[0] }
    /// Of the file system that holds the parent; the same as its own unless it is a mountpoint.
    var isOnParentDevice: Bool { chain.count < 2 || chain[1].device == chain[0].device }

    func lies(in other: DirectoryProbe) -> Bool { chain.contains(other.identity) }

    /// Blocks for as long as the file system does.
    ///
    /// Opens the directory for reading, which also makes an automounter mount it.
    static func examine(_ path: String) throws(Errno) -> DirectoryProbe {
        let directory = try FileCalls.open(path, .directory)
        let chain = try chain(from: directory)
        let canonical = try RealPath.resolve(path)
        var reader = DirectoryReader(try FileCalls.reopen(directory.rawValue, .directory))
        return DirectoryProbe(path: canonical, chain: chain, isEmpty: try reader.isAtEnd())
    }

    /// As ``examine(_:)``, of a place where something is to be mounted for whoever looks into it: looking would wait for the very
    /// mount that is being made. Nothing is in it.
    ///
    /// - Parameter path: canonical.
    static func examine(automountPoint path: String) throws(Errno) -> DirectoryProbe {
        // Not as a directory, by which the kernel would have it mounted (follow_automount() in fs/namei.c).
        let place = try FileCalls.open(path, .pathOnly)
        return DirectoryProbe(path: path, chain: try chain(from: place), isEmpty: true)
    }

    private static func chain(
        from directory: borrowing FileDescriptor
    ) throws(Errno) -> [Identity] {
        let attributes = try FileCalls.attributes(of: directory.rawValue)
        var chain = [Identity(device: attributes.device, inode: attributes.inode)]
        var above = try FileCalls.open(
            at: directory.rawValue, Array("..".utf8), [.directory, .pathOnly])
        while chain.count < depthMax {
            let next = try FileCalls.attributes(of: above.rawValue)
            let identity = Identity(device: next.device, inode: next.inode)
            // The parent of the root is the root.
            if identity == chain.last { break }
            chain.append(identity)
            above = try FileCalls.open(
                at: above.rawValue, Array("..".utf8), [.directory, .pathOnly])
        }
        return chain
    }

    /// As ``examine(_:)``, but a file system that hangs costs no more than `limit`.
    static func examine(_ path: String, limit: Duration) throws(Errno) -> DirectoryProbe {
        let result = withDeadline(limit, thread: "probe") { () -> Result<DirectoryProbe, Errno> in
            Result { () throws(Errno) in try examine(path) }
        }
        guard let result else { throw .timedOut }
        return try result.get()
    }
}
