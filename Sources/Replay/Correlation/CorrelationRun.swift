import Eviction
import Habits

/// One pass of a trace through a cache and the rules.
struct CorrelationRun: Sendable {
    private let capacity: Int
    private var cache = LRUPolicy<Int32>()
    /// Fetched ahead, and not used yet.
    private var ahead: Set<Int32> = []
    private var rules = MissCorrelation<Int32>()
    private var predictedBefore = 0
    private var position = 0
    private(set) var row = CorrelationRow()

    init(capacity: Int) {
        self.capacity = capacity
    }

    var isIssuing: Bool { rules.judge.isIssuing }

    /// The part begins that is judged.
    mutating func begin(learnsOn: Bool) {
        rules.isLearning = learnsOn
        predictedBefore = rules.predictions
        position = 0
        row = CorrelationRow()
        if !isIssuing { row.switchedOffAt.append(0) }
    }

    /// - Parameter fetches: what is expected is fetched.
    mutating func access(_ chunk: Int32, fetches: Bool) {
        let wasIssuing = isIssuing
        position += 1
        if cache.contains(chunk) {
            cache.touch(chunk)
            guard ahead.remove(chunk) != nil else { return }
            row.used += 1
        } else {
            row.misses += 1
            insert(chunk)
        }
        let expected = rules.missed(chunk) { [cache] in !cache.contains($0) }
        if fetches {
            for one in expected where !cache.contains(one.key) {
                row.issued += 1
                insert(one.key)
                ahead.insert(one.key)
            }
        }
        row.predicted = rules.predictions - predictedBefore
        guard isIssuing != wasIssuing else { return }
        if isIssuing {
            row.switchedOnAt.append(position)
        } else {
            row.switchedOffAt.append(position)
        }
    }

    private mutating func insert(_ chunk: Int32) {
        while cache.count >= capacity, let victim = cache.victim() {
            guard ahead.remove(victim.key) != nil else { continue }
            row.unused += 1
            rules.dropped(victim.key)
        }
        cache.insert(chunk, size: 1)
    }
}
