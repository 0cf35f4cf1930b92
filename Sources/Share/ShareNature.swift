public import Platform

/// What the file system that a share lies on lets one rely on.
public struct ShareNature: Hashable, Sendable {
    /// Inode numbers tell files apart for as long as they exist; sshfs gives them out as it goes. So does the SMB client from the
    /// moment on when a server's number seems to be there twice, as with a folder that is asked for in another case: it drops
    /// `serverino` from the mounted share.
    public var inodesLast: Bool
    /// A descriptor stays with its file whatever becomes of the name, and what is said of it is of that file; where the
    /// protocol has only paths, every call goes to what has the name by then.
    public var keepsFiles: Bool
    /// It checks the rights of who acts.
    public var decides: Bool
    /// It lies on this machine: what it says of an open file is of this very moment, and costs no round trip. A client of a
    /// server answers from what it remembers, for seconds, unless it is made to ask.
    public var isLocal: Bool
    /// A file that is deleted while this machine has it open gets another name in its folder until it is closed
    /// (`.fuse_hidden…`, `.nfs…`), and so keeps the folder from being removed.
    public var hidesOpenFiles: Bool
    /// Its program learns of a close some time after that, and may take a file for open that is not: see ``LateReleases``.
    public var releasesLate: Bool
    /// A file that has no links has no name either, whatever its client remembers: it was deleted while somebody has it open (SMB).
    /// Other clients say 0 of what they do not count.
    public var countsLinks: Bool
    /// Closing a file that was written may set its time: SMB's client does so (`cifs_close`), and FUSE file systems that upload then.
    public var closeSetsTimes: Bool

    public init(
        inodesLast: Bool, keepsFiles: Bool, decides: Bool, isLocal: Bool, hidesOpenFiles: Bool,
        releasesLate: Bool = false, countsLinks: Bool = false, closeSetsTimes: Bool = false
    ) {
        self.inodesLast = inodesLast
        self.keepsFiles = keepsFiles
        self.decides = decides
        self.isLocal = isLocal
        self.hidesOpenFiles = hidesOpenFiles
        self.releasesLate = releasesLate
        self.countsLinks = countsLinks
        self.closeSetsTimes = closeSetsTimes
    }

    /// File systems with a disk of this machine below them, or memory. All others may have a server.
    private static let localTypes: Set<String> = [
        "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "msdos", "nilfs2",
        "ntfs3", "ramfs", "reiserfs", "tmpfs", "vfat", "xfs", "zfs",
    ]

    /// File systems without inode numbers: the kernel gives them out as it goes.
    private static let numberlessTypes: Set<String> = ["exfat", "msdos", "vfat"]

    /// - Parameter mount: of the share; nil where it is not known: nothing is relied on.
    public init(_ mount: MountTable.Entry?) {
        guard let mount else {
            self.init(
                inodesLast: false, keepsFiles: false, decides: false, isLocal: false,
                hidesOpenFiles: true, releasesLate: true, closeSetsTimes: true)
            return
        }
        let options = Set(mount.options + mount.superOptions)
        switch mount.fileSystemType {
        case "cifs", "smb3":
            self.init(
                inodesLast: false, keepsFiles: false,
                decides: !options.contains("noperm"), isLocal: false, hidesOpenFiles: true,
                countsLinks: true, closeSetsTimes: true)
        case let type where type == "fuse" || type.hasPrefix("fuse."):
            self.init(
                inodesLast: false, keepsFiles: false,
                decides: options.contains("default_permissions"), isLocal: false,
                hidesOpenFiles: true, releasesLate: true, closeSetsTimes: true)
        case let type:
            self.init(
                inodesLast: !Self.numberlessTypes.contains(type), keepsFiles: true, decides: true,
                isLocal: Self.localTypes.contains(type),
                hidesOpenFiles: ["nfs", "nfs4"].contains(type))
        }
    }
}
