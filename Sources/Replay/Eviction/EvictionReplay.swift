import Eviction

/// What one policy made of one trace: a line of the second table.
public struct PolicyRow: Sendable, Equatable, Encodable {
    public var policy: String
    public var hits: Int
    public var hitRatio: Double
    /// ``hits`` over those of the optimum; nil where that was not run, or had none.
    public var ofOptimum: Double?
}

/// The second table: the same chunks through every policy, at one size.
public struct EvictionReport: Sendable, Equatable, Encodable {
    public var chunkBytes: Int
    public var accesses: Int
    public var distinctChunks: Int
    public var cacheChunks: Int
    public var policies: [PolicyRow]
}

/// All policies over one trace.
struct EvictionReplay: Sendable {
    /// Of the distinct chunks, where no size was given.
    static let shareDefault = 0.1

    let sequence: AccessSequence
    let chunk: Int
    /// Chunks.
    let capacity: Int

    /// - Parameter memory: bytes; nil: a tenth of what is read.
    init(_ sequence: AccessSequence, chunk: Int, memory: Int64?) {
        self.sequence = sequence
        self.chunk = chunk
        let tenth = Int((Double(sequence.chunks) * Self.shareDefault).rounded())
        // More than there is to hold makes no difference.
        capacity = max(1, memory.map { min(Int($0) / chunk, sequence.chunks) } ?? tenth)
    }

    func report(_ policies: Set<PolicyName>) -> EvictionReport {
        let results = PolicyName.allCases.filter(policies.contains).map { ($0, hits($0)) }
        let best = results.first { $0.0 == .belady }.map(\.1)
        return EvictionReport(
            chunkBytes: chunk, accesses: sequence.accesses.count, distinctChunks: sequence.chunks,
            cacheChunks: capacity,
            policies: results.map { policy, hits in
                PolicyRow(
                    policy: policy.rawValue, hits: hits,
                    hitRatio: MethodRow.ratio(hits, sequence.accesses.count) ?? 0,
                    ofOptimum: best.flatMap { MethodRow.ratio(hits, $0) })
            })
    }

    func hits(_ policy: PolicyName) -> Int {
        let chunks = sequence.chunks
        return switch policy {
        case .lru: count(TierReplacement(LRUPolicy(), capacity: capacity))
        case .arc: count(ARCReplacement(capacity: capacity, chunks: chunks))
        case .s3FIFO: count(S3FIFOReplacement(capacity: capacity, chunks: chunks))
        case .windowTinyLFU1: count(windowTinyLFU(share: 0.01))
        case .windowTinyLFU20: count(windowTinyLFU(share: 0.2))
        case .adaptiveTinyLFU:
            count(
                TierReplacement(
                    AdaptiveTinyLFUPolicy(capacity: capacity, entries: capacity),
                    capacity: capacity, contests: true))
        case .lfuAgeing: count(TierReplacement(LFUAgingPolicy(), capacity: capacity))
        case .retention: retention()
        case .belady: count(BeladyReplacement(capacity: capacity, sequence))
        }
    }

    private func windowTinyLFU(
        share: Double
    ) -> TierReplacement<WindowTinyLFUPolicy<Int32>> {
        TierReplacement(
            WindowTinyLFUPolicy(capacity: capacity, windowShare: share, entries: capacity),
            capacity: capacity, contests: true)
    }

    /// By the times of the trace.
    private func retention() -> Int {
        var policy = RetentionPolicy<Int32>()
        var hits = 0
        for (chunk, second) in zip(sequence.accesses, sequence.seconds) {
            policy.advance(to: second)
            if policy.contains(chunk) {
                policy.touch(chunk)
                hits += 1
                continue
            }
            while policy.totalSize >= capacity, policy.victim() != nil {}
            policy.insert(chunk, size: 1)
        }
        return hits
    }

    private func count(_ policy: some ReplacementPolicy) -> Int {
        var policy = policy
        var hits = 0
        for chunk in sequence.accesses where policy.access(chunk) { hits += 1 }
        return hits
    }
}
