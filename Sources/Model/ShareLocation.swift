/// A place on the share as a request found it: its path, and what the kernel had been told of the folders on the way and of
/// what lies there.
public struct ShareLocation: Hashable, Sendable {
    public var path: RelativePath
    /// Of each folder above `path`, the outermost first, without the share's root; empty: nothing is held against them.
    public var folders: [FileIdentity]
    /// Of what lies at `path`; nil for a name that is to be made, or where nothing is held against it.
    public var node: FileIdentity?

    public init(_ path: RelativePath, folders: [FileIdentity] = [], node: FileIdentity? = nil) {
        self.path = path
        self.folders = folders
        self.node = node
    }

    /// As a place for something new: nothing is expected of what may be there.
    public var toBeMade: ShareLocation { ShareLocation(path, folders: folders) }

    /// The same by another spelling of its last name.
    public func spelled(_ name: Name) -> ShareLocation {
        ShareLocation(path.parent.appending(name), folders: folders, node: node)
    }

    /// Whether what is found there is held against what was expected: in views that several users share.
    public var isGuarded: Bool { node != nil || !folders.isEmpty }
}
