/// Divides time into periods, so that what nobody has used for long is found by comparing two numbers, and a use costs a store.
///
/// A quarter of the life that is meant is a period: what is kept goes between one life and one and a quarter after its last use.
struct UsePeriods: Sendable {
    /// Whole periods without a use that make a life.
    static let perLife: UInt32 = 4

    /// Zero: nothing goes for its age.
    var life = Duration.zero
    private var number: UInt32 = 0
    private var startedAt = Duration.zero

    init() {}

    /// - Parameter now: monotonic.
    /// - Returns: the number of a period that has begun since the last call; nil in the same one, and where nothing goes.
    mutating func advance(to now: Duration) -> UInt32? {
        guard life > .zero else { return nil }
        let length = life / Int(Self.perLife)
        guard now - startedAt >= length else { return nil }
        // Where nobody looked meanwhile, the machine slept or was not asked: one period has passed, whatever the clock says.
        startedAt = now
        number += 1
        return number
    }
}
