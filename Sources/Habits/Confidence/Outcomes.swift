/// The latest right and wrong ones, so many at most.
struct Outcomes: Sendable, Equatable {
    let capacity: Int
    private var ring: [Bool] = []
    private var next = 0
    private var right = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { ring.count }

    /// Share of right ones; nil: none at all.
    var mean: Double? { ring.isEmpty ? nil : Double(right) / Double(ring.count) }

    mutating func append(_ isRight: Bool) {
        right += isRight ? 1 : 0
        guard ring.count == capacity else {
            ring.append(isRight)
            return
        }
        right -= ring[next] ? 1 : 0
        ring[next] = isRight
        next = (next + 1) % capacity
    }
}
