import Habits

/// What was brought and waits for its time.
struct HouseholdExpectations: Sendable {
    struct Expectation: Sendable {
        var until: Int64
        var bytes: Int64
        var isRelated: Bool
        /// Nothing was brought, for it had been wrong too often.
        var isWatched = false
    }

    /// Of rounds only, as the daemon has it.
    private(set) var accuracy = RecentAccuracy()
    private var waiting: [Int: Expectation] = [:]

    func isWaiting(for file: Int) -> Bool { waiting[file] != nil }

    mutating func expect(_ file: Int, _ expectation: Expectation) {
        waiting[file] = expectation
    }

    /// - Returns: what waited for it, and whether it is in time.
    mutating func opened(_ file: Int, at now: Int64) -> (Expectation, isRight: Bool)? {
        guard let expectation = waiting.removeValue(forKey: file) else { return nil }
        let isRight = now <= expectation.until
        if !expectation.isRelated { accuracy.note(right: isRight) }
        return (expectation, isRight)
    }

    /// - Returns: what was not opened in its time.
    mutating func settle(at now: Int64) -> [Expectation] {
        let over = waiting.filter { $0.value.until < now }
        for (file, expectation) in over {
            waiting[file] = nil
            if !expectation.isRelated { accuracy.note(right: false) }
        }
        return Array(over.values)
    }
}
