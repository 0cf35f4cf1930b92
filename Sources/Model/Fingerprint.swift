/// What tells one version of a file from the next.
///
/// Size and modification time always; in `strict` also change time and inode. Two versions with equal
/// fingerprints are one version to Larder, so ``isSettled(asOf:seenFor:)`` guards the case in which a file can
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
    /// How far the share's clock may be behind ours: a wrong time zone, and then some.
    public static let clockSkewMax = 90_000.0

    /// Whether another change would show: not while one could leave the same fingerprint, because its time falls into the
    /// same step of the share's clock (git calls such an index entry racy). What is read before must not outlive the
    /// next check.
    ///
    /// Two things tell. By our clock the modification is longer ago than a step; but the share's clock, which made the
    /// time, may be behind ours. Or the version has been seen for longer than a step: when it was seen first, the share's
    /// clock had reached its modification time, whatever the two clocks say. So the age alone counts where the time is finer
    /// than a second, which means steps of milliseconds, and where it is older than any clock is behind.
    ///
    /// In `strict` it is the change time that has to move, whatever the modification time is set to: the later of the two
    /// counts. A time that is put back twice within a step leaves the same fingerprint.
    ///
    /// - Parameter seenFor: how long ago the share said for the first time that the file has this fingerprint.
    public func isSettled(asOf now: Timestamp, seenFor: Duration) -> Bool {
        let last = strict.map { max($0.changed, modified) } ?? modified
        return last.isSettled(asOf: now, seenFor: seenFor)
    }
}

extension Timestamp {
    /// Whether what happens to a file of this time now gives it another: see ``Fingerprint/isSettled(asOf:seenFor:)``.
    ///
    /// - Parameter seenFor: how long ago the share said for the first time that the file has it.
    public func isSettled(asOf now: Timestamp, seenFor: Duration) -> Bool {
        if seenFor >= .seconds(Fingerprint.coarsestTimeStep) { return true }
        let age = now.seconds(since: self)
        if age < Fingerprint.coarsestTimeStep { return false }
        return nanoseconds != 0 || age > Fingerprint.clockSkewMax
    }
}

/// How the view follows changes that others make on the share; `docs/SEMANTICS.md` has what follows.
public enum Consistency: String, Sendable, Codable, CaseIterable {
    /// Answers from the cache and revalidates behind the reader's back once an entry is older than
    /// the propagation delay.
    case eventual
    /// Asks the share at each open and lookup.
    case strict
}
