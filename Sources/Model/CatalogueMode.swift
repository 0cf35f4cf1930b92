/// Whether all folders of a share are listed in the background.
public enum CatalogueMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// Where the share is small.
    case auto
    case on
    case off
}
