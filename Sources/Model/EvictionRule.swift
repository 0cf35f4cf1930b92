/// What goes first from a tier on disk when it is full.
public enum EvictionRule: String, CaseIterable, Sendable, Hashable {
    /// What is used least often, by how often the tier has turned over since.
    case lfuAgeing = "lfu-ageing"
    /// What is least worth keeping by age, priority and uses.
    case retention
}
