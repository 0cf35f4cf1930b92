/// How much something in the cache is worth to people, the most first.
public enum Priority: UInt8, Sendable, Hashable, CaseIterable {
    /// Pinned, and what the system needs.
    case critical
    /// What is being played or edited.
    case high
    /// What was read.
    case medium
    /// What indexers, scanners and backups bring in.
    case low
}
