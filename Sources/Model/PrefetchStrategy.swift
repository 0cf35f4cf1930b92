/// How bold prefetching is (SPEC §8); Foresight has the figures.
public enum PrefetchStrategy: String, Hashable, Sendable, CaseIterable {
    case aggressive, balanced, conservative
}
