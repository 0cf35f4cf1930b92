/// What a mount does without its share.
public enum OfflineMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// Shows what is cached, if anything is.
    case auto
    /// Fails, as any mount would.
    case no
    /// Shows what is cached, and asks for nothing, whether the share is there or not.
    case yes
}
