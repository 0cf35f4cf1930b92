import Habits

/// What has been brought because it was expected, and what came of that. A pure value; told the time, in seconds since 1970.
struct WarmExpectations: Sendable {
    struct Expectation: Sendable {
        /// Until when it may be opened, to count as right.
        var until: Int64
        /// Brought for it.
        var bytes: Int64 = 0
        /// Nothing was brought, for this kind of expectation had been wrong too often.
        var isWatched = false
    }

    /// That wait for their time; beyond that the oldest are not judged.
    static let waitingMax = 1000
    /// A target that was not opened counts as wrong so long after its time.
    static let graceSeconds: Int64 = 900

    private(set) var right = 0
    private(set) var wrong = 0
    /// Bytes of those that were wrong.
    private(set) var wastedBytes: Int64 = 0
    /// Watched ones included.
    private(set) var accuracy = RecentAccuracy()
    /// By ``HabitKeeper/number(of:)``, and in the order in which they were made.
    private var waiting: [UInt64: Expectation] = [:]
    private var order: [UInt64] = []

    func isWaiting(for file: UInt64) -> Bool { waiting[file] != nil }

    mutating func expect(_ file: UInt64, _ expectation: Expectation) {
        if waiting.updateValue(expectation, forKey: file) == nil { order.append(file) }
        while order.count > Self.waitingMax { waiting[order.removeFirst()] = nil }
    }

    mutating func opened(_ file: UInt64, at now: Int64) {
        guard let expectation = waiting.removeValue(forKey: file) else { return }
        order.removeAll { $0 == file }
        end(expectation, isRight: now <= expectation.until)
    }

    /// What was not opened in its time was expected wrongly.
    mutating func settle(at now: Int64) {
        for file in order {
            guard let expectation = waiting[file], expectation.until < now else { continue }
            waiting[file] = nil
            end(expectation, isRight: false)
        }
        order.removeAll { waiting[$0] == nil }
    }

    private mutating func end(_ expectation: Expectation, isRight: Bool) {
        accuracy.note(right: isRight)
        guard !expectation.isWatched else { return }
        if isRight {
            right += 1
        } else {
            wrong += 1
            wastedBytes += expectation.bytes
        }
    }
}
