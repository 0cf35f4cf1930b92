/// How bold prefetching is; Foresight has the figures.
public enum PrefetchStrategy: String, Hashable, Sendable, CaseIterable {
    case aggressive, balanced, conservative
}
