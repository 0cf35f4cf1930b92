import Eviction

/// What the tiers do: a policy of theirs, with chunks that are all of size 1.
struct TierReplacement<Policy: EvictionPolicy<Int32>>: ReplacementPolicy {
    private let capacity: Int
    private var policy: Policy
    /// A newcomer is held against the others, and does not just take the place of one.
    private let contests: Bool

    init(_ policy: Policy, capacity: Int, contests: Bool = false) {
        self.capacity = capacity
        self.policy = policy
        self.contests = contests
    }

    mutating func access(_ chunk: Int32) -> Bool {
        if policy.contains(chunk) {
            policy.touch(chunk)
            return true
        }
        if !contests { evict(downTo: capacity - 1) }
        policy.insert(chunk, size: 1)
        evict(downTo: capacity)
        return false
    }

    private mutating func evict(downTo size: Int) {
        while policy.totalSize > size, policy.victim() != nil {}
    }
}
