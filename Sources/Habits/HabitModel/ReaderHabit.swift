/// Whether one reader goes through folders in order, whatever the folder: what a folder that is new to it is judged by.
///
/// Each of its opens in a folder where something was opened before is a step: to the file that comes next, or not. What a player
/// does in every folder it will do in the next one, too; whoever opens this and that does so everywhere. The latest eight steps weigh
/// most.
struct ReaderHabit: Sendable {
    static let memory: Float = 8
    /// Steps before it says anything.
    static let stepsMin: Float = 4
    /// A share of opens that go on in order, where nothing is known.
    static let unknownShare = 0.5

    private var steps: Float = 0
    private var share: Float = 0

    /// - Parameter isNext: the file is the one that comes next.
    mutating func note(isNext: Bool) {
        steps = min(steps + 1, Self.memory)
        share += ((isNext ? 1 : 0) - share) / steps
    }

    /// nil: too few steps are known.
    var orderShare: Double? { steps >= Self.stepsMin ? Double(share) : nil }
}
