/// How far what is pinned has been brought into the disk tier. Counts are of the last round, or of that which is under way.
public struct PinProgress: Sendable, Hashable {
    public var isAtWork = false
    public var files = 0
    /// Of these files.
    public var bytes: Int64 = 0
    /// Of these bytes, those that came from the share in this round; the others were there.
    public var fetchedBytes: Int64 = 0
    /// What could not be brought: the share refused it, or it changed meanwhile, or is too young to be kept. Tried again.
    public var failures = 0
    /// Of these files, those that were not brought because all pins together may not hold more.
    public var tooMany = 0
    /// Whether a round has gone through everything.
    public var isComplete = false

    public init() {}
}
