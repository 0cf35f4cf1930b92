import Model
import Platform
import Synchronization

/// Reads of one file whose bytes have come and await the word that the file is still the version that was meant.
///
/// One question answers for all that had come when it was asked. A second one may be under way beside it, for what came
/// since: who waits does so for little more than a round trip. No locks are held while anybody is called.
final class Verifier: Sendable {
    struct Read: Sendable {
        /// Through which it was read.
        var descriptor: DescriptorReference
        /// When who reads stops waiting (monotonic).
        var deadline: Duration
        var completion: @Sendable (Result<Void, ShareFile.ReadFailure>) -> Void
    }

    private struct State: Sendable {
        var waiting: [Read] = []
        /// The deadlines of those under way.
        var questions: [Duration] = []
    }

    private static let questionsMax = 2
    /// A read whose deadline is so much earlier than those of all questions under way gets one more, so that it ends in time.
    private static let deadlineTolerance = Duration.seconds(1)

    private let state = Mutex(State())

    func add(_ read: Read) {
        state.withLock { $0.waiting.append(read) }
    }

    /// Whether a question is to be asked now; then ``end(_:)`` must follow.
    ///
    /// - Returns: until when it has to be answered: the earliest deadline of those that it may be for; nil: none is to be asked.
    func begin() -> Duration? {
        state.withLock { state in
            guard let earliest = state.waiting.lazy.map(\.deadline).min() else { return nil }
            let isInTime = state.questions.contains { $0 <= earliest + Self.deadlineTolerance }
            guard state.questions.count < Self.questionsMax || !isInTime else { return nil }
            state.questions.append(earliest)
            return earliest
        }
    }

    /// All that has come: a question that is asked after this answers for them.
    func take() -> [Read] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// - Parameter deadline: as ``begin()`` gave it.
    /// - Returns: whether more has come that no question under way answers for.
    func end(_ deadline: Duration) -> Bool {
        state.withLock { state in
            if let place = state.questions.firstIndex(of: deadline) {
                state.questions.remove(at: place)
            }
            return !state.waiting.isEmpty
        }
    }
}
