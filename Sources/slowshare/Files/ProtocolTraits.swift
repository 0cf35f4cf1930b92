/// In what a share behaves as those of a protocol do, and not as the directory that it serves.
struct ProtocolTraits: Hashable, Sendable {
    /// In whose name the share does what root asks for.
    struct Squash: Hashable, Sendable {
        var userID: UInt32
        var groupID: UInt32
    }

    /// What is deleted while it is open gets another name in its folder until the last one closes it, as a client of NFS
    /// does it.
    var renamesOpenFiles = false
    /// A close is noticed only ``lateReleaseTime`` after it came; what is deleted meanwhile is hidden as what is open, and stays for good.
    /// As in libfuse's high-level API, where a release is missed that is handled while the file is being hidden.
    var noticesReleasesLate = false
    /// What is open can be neither deleted nor renamed nor replaced, nor the folders above it renamed, as SMB has it.
    var refusesOpenFiles = false
    /// What was written has the time of each close from then on, also where another was set meanwhile, as a client of SMB shows it.
    var stampsAtClose = false
    /// Rights are those of who asks, without anybody's capabilities; root is this user. As NFS exports have it. nil: rights are the
    /// kernel's to check.
    var squash: Squash?
    /// Names are found in any case, and kept in the one that they were made in.
    var ignoresCase = false
    /// Each name that is asked for has an inode number of its own, and attributes that are remembered apart, as with a client of SMB
    /// that does without the server's numbers.
    var numbersNames = false

    static let lateReleaseTime = Duration.milliseconds(5)

    /// Whether it matters who has what open.
    var heedsOpenFiles: Bool { renamesOpenFiles || refusesOpenFiles }
}
