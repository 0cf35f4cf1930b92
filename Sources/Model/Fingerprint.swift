/// What tells one version of a file from the next.
///
/// Size and modification time always; in `strict` also change time and inode. Two versions with equal
/// fingerprints are one version to Larder, so ``isRacy(asOf:)`` guards the case in which a file can
/// change again without its time moving.
public struct Fingerprint: Hashable, Sendable {
    public struct Strict: Hashable, Sendable {
        public var changed: Timestamp
        public var inode: UInt64

        public init(changed: Timestamp, inode: UInt64) {
            self.changed = changed
            self.inode = inode
        }
    }

    public var size: Int64
    public var modified: Timestamp
    public var strict: Strict?

    public init(size: Int64, modified: Timestamp, strict: Strict? = nil) {
        self.size = size
        self.modified = modified
        self.strict = strict
    }

    public init(_ attributes: FileAttributes, consistency: Consistency) {
        size = attributes.size
        modified = attributes.modified
        strict =
            consistency == .strict
            ? Strict(changed: attributes.changed, inode: attributes.inode) : nil
    }

    /// The coarsest modification times in use are FAT's, in steps of two seconds; SFTP has one second.
    public static let coarsestTimeStep = 2.0
    /// A clock more than this ahead of ours is a wrong date on a file, not a clock that runs fast.
    public static let clockSkewMax = 86400.0

    /// Whether the file was modified so recently that another change could leave the same fingerprint
    /// (git calls such an index entry racy). What is read meanwhile must not outlive the next check.
    public func isRacy(asOf now: Timestamp) -> Bool {
        let age = now.seconds(since: modified)
        return age < Self.coarsestTimeStep && age > -Self.clockSkewMax
    }
}

/// How the view follows changes that others make on the share (SPEC §3).
public enum Consistency: String, Sendable, Codable, CaseIterable {
    /// Answers from the cache and revalidates behind the reader's back once an entry is older than
    /// the propagation delay.
    case eventual
    /// Asks the share at each open and lookup.
    case strict
}
