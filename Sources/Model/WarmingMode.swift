/// Whether what people's habits expect is fetched before they come for it.
public enum WarmingMode: String, Hashable, Sendable, CaseIterable {
    case on, off
}
