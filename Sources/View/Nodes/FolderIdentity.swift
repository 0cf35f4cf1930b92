import Model

/// Tells a folder from those above it: one that is mounted below itself has no end.
struct FolderIdentity: Sendable, Hashable {
    var device: UInt64
    var inode: UInt64
}

extension FolderIdentity {
    init(_ attributes: FileAttributes) {
        self.init(device: attributes.device, inode: attributes.inode)
    }
}
