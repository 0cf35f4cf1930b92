/// What a client may ask of the share: the unit of counting and of faults.
enum OperationKind: String, CaseIterable, Sendable {
    case lookup, getattr, setattr, readlink, mknod, mkdir, unlink, rmdir, symlink, rename, link
    case open, create, read, write, flush, release, fsync
    case opendir, readdir, releasedir, fsyncdir
    case statfs, getxattr, setxattr, listxattr, removexattr
    case getlk, setlk, flock, fallocate, lseek
    case copyFileRange = "copy_file_range"
    case forget

    /// False for what a network file system does not wait for. Such operations meet no faults either: they
    /// release what is held, which must work on a share that is gone.
    var costsRoundTrip: Bool {
        switch self {
        case .forget, .release, .releasedir: false
        default: true
        }
    }

    /// Gives out what stays open until it is released.
    var handsOut: Bool { [.open, .create, .opendir].contains(self) }
}
