import Model

/// When a service manager gets its proof of life: in rounds, each of which asks all parts that must always answer, and
/// vouches for what the round before had asked. A pure value; told the time.
///
/// The share is no such part: a NAS that is gone is no reason to end the daemon that serves what is cached of it.
struct Watchdog: Sendable {
    /// A third of what the manager allows: one round may come late and be missed without harm.
    let period: Duration
    private var roundBegan: Duration?

    /// - Parameter interval: longer than this without a proof, and the manager ends the daemon.
    init(interval: Duration) {
        period = interval / 3
    }

    func isDue(at now: Duration) -> Bool {
        roundBegan.map { now - $0 >= period } ?? true
    }

    /// Begins a round.
    ///
    /// - Parameter lastAnswers: of every part.
    /// - Returns: whether all have answered since the last round began, or this is the first.
    mutating func beginRound(at now: Duration, lastAnswers: [Duration?]) -> Bool {
        defer { roundBegan = now }
        guard let roundBegan else { return true }
        return lastAnswers.allSatisfy { $0.map { $0 >= roundBegan } ?? false }
    }
}
