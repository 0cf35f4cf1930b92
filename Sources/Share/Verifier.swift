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
        var completion: @Sendable (Result<Void, ShareFile.ReadFailure>) -> Void
    }

    private struct State: Sendable {
        var waiting: [Read] = []
        var questions = 0
    }

    private static let questionsMax = 2

    private let state = Mutex(State())

    func add(_ read: Read) {
        state.withLock { $0.waiting.append(read) }
    }

    /// Whether a question is to be asked now; then ``end()`` must follow.
    func begin() -> Bool {
        state.withLock { state in
            guard !state.waiting.isEmpty, state.questions < Self.questionsMax else { return false }
            state.questions += 1
            return true
        }
    }

    /// All that has come: a question that is asked after this answers for them.
    func take() -> [Read] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// - Returns: whether more has come that no question under way answers for.
    func end() -> Bool {
        state.withLock { state in
            state.questions -= 1
            return !state.waiting.isEmpty
        }
    }
}
