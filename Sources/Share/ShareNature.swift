public import Platform

/// What the file system that a share lies on lets one rely on.
public struct ShareNature: Hashable, Sendable {
    /// Inode numbers tell files apart for as long as they exist; sshfs gives them out as it goes.
    public var inodesLast: Bool
    /// A descriptor stays with its file whatever becomes of the name, and what is said of it is of that file; where the
    /// protocol has only paths, every call goes to what has the name by then.
    public var keepsFiles: Bool
    /// It checks the rights of who acts.
    public var decides: Bool
    /// A file that is deleted while this machine has it open gets another name in its folder until it is closed
    /// (`.fuse_hidden…`, `.nfs…`), and so keeps the folder from being removed.
    public var hidesOpenFiles: Bool

    public init(
        inodesLast: Bool, keepsFiles: Bool, decides: Bool, hidesOpenFiles: Bool = false
    ) {
        self.inodesLast = inodesLast
        self.keepsFiles = keepsFiles
        self.decides = decides
        self.hidesOpenFiles = hidesOpenFiles
    }

    /// - Parameter mount: of the share; nil where it is not known: nothing is relied on.
    public init(_ mount: MountTable.Entry?) {
        guard let mount else {
            self.init(
                inodesLast: false, keepsFiles: false, decides: false, hidesOpenFiles: true)
            return
        }
        let options = Set(mount.options + mount.superOptions)
        switch mount.fileSystemType {
        case "cifs", "smb3":
            self.init(
                inodesLast: options.contains("serverino"), keepsFiles: false,
                decides: !options.contains("noperm"), hidesOpenFiles: true)
        case let type where type == "fuse" || type.hasPrefix("fuse."):
            self.init(
                inodesLast: false, keepsFiles: false,
                decides: options.contains("default_permissions"), hidesOpenFiles: true)
        case "nfs", "nfs4":
            self.init(inodesLast: true, keepsFiles: true, decides: true, hidesOpenFiles: true)
        default: self.init(inodesLast: true, keepsFiles: true, decides: true)
        }
    }
}
