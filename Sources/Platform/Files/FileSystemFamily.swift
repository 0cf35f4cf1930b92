/// What kind of thing lies below a mount, as far as its type in the mount table tells.
public enum FileSystemFamily: String, Hashable, Sendable {
    /// On a disk of this machine, or made up by its kernel.
    case local
    /// In memory: gone after a restart.
    case memory
    /// On another machine: may hang.
    case network
    /// A program of this machine answers: may hang, and may be slow.
    case fuse

    /// - Parameter type: as in `/proc/self/mountinfo`: `ext4`, `nfs4`, `fuse.sshfs`.
    public init(type: String) {
        switch type {
        case "tmpfs", "ramfs": self = .memory
        case _ where Self.networkTypes.contains(type): self = .network
        // A file system on a block device, served by a program: ntfs-3g.
        case "fuseblk": self = .local
        case _ where type == "fuse" || type.hasPrefix("fuse."): self = .fuse
        default: self = .local
        }
    }

    public var mayHang: Bool { self == .network || self == .fuse }

    private static let networkTypes: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "coda", "gfs2", "lustre",
        "ocfs2", "orangefs", "virtiofs", "fuse.sshfs", "fuse.rclone", "fuse.slowshare",
        "fuse.davfs", "fuse.curlftpfs", "fuse.glusterfs", "fuse.s3fs", "fuse.smbnetfs",
    ]
}
