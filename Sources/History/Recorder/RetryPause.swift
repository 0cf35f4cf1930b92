/// How long to leave a store alone that fails: a second, and twice as long after each failure, five minutes at most.
/// A pure value; told the time.
struct RetryPause: Sendable {
    static let first = Duration.seconds(1)
    static let longest = Duration.seconds(300)

    private var length = Self.first
    private(set) var until: Duration?

    func mayTry(now: Duration) -> Bool { until.map { now >= $0 } ?? true }

    mutating func failed(now: Duration) {
        until = now + length
        length = min(Self.longest, length * 2)
    }

    mutating func succeeded() {
        until = nil
        length = Self.first
    }
}
