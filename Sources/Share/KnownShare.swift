public import Model
public import Platform

/// What a share was when it was used last: enough to show what is cached of it where it is not there.
public struct KnownShare: Codable, Hashable, Sendable {
    /// Canonical.
    public var path: String
    /// What was mounted there.
    public var mount: MountTable.Entry
    public var usage: FileSystemUsage
    /// Of its root.
    public var root: FileAttributes
    /// When `root` was asked for.
    public var asOf: Timestamp

    public init(
        path: String, mount: MountTable.Entry, usage: FileSystemUsage, root: FileAttributes,
        asOf: Timestamp
    ) {
        self.path = path
        self.mount = mount
        self.usage = usage
        self.root = root
        self.asOf = asOf
    }

    /// What the place of a share shows, as far as the mount table tells.
    public enum Place: Hashable, Sendable {
        /// The mount that it lies on.
        case itself
        /// That one is not mounted. What can be seen is a folder below it, which is not the share, or somebody who will mount it.
        case nothing
        case another
    }

    /// - Parameters:
    ///   - found: what holds the share's path now.
    ///   - mount: what held it before.
    public static func place(_ found: MountTable.Entry, of mount: MountTable.Entry) -> Place {
        if found.mountPoint.count < mount.mountPoint.count { return .nothing }
        if found.isMountTrigger { return .nothing }
        if found.mountPoint == mount.mountPoint {
            // Before the type is compared: a share may lie behind an automounter, and be one.
            if found.fileSystemType == mount.fileSystemType, found.source == mount.source {
                return .itself
            }
            if found.isAutomountPoint { return .nothing }
        }
        return .another
    }
}

/// A share that has not been there since the start.
public struct ShareAbsence: Hashable, Sendable {
    /// For people, without an end: "nothing is mounted at /mnt/nas".
    public var reason: String
    /// Monotonic.
    public var since: Duration
    /// What is mounted there in its place.
    public var other: MountTable.Entry?

    public init(reason: String, since: Duration) {
        self.reason = reason
        self.since = since
    }
}

/// What becomes of a share's own mount.
public enum ShareEvent: Hashable, Sendable {
    /// It is there for the first time since the start.
    case arrived
    /// Another one is mounted in its place, or the same in another way, and is not taken for it.
    case other(MountTable.Entry)
}
