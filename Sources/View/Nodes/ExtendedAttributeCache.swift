import Model
import Synchronization

/// Answers to questions about extended attributes, valid while the file's change time holds and as long as
/// attributes are. Bounded: emptied when it holds ``entriesMax`` answers.
final class ExtendedAttributeCache: Sendable {
    enum Question: Hashable, Sendable {
        case value(Name)
        case names
    }

    private struct Key: Hashable, Sendable {
        var node: NodeID
        var question: Question
    }

    private struct Answer: Sendable {
        var result: Result<[UInt8], Errno>
        var changed: Timestamp
        var validity: Validity
    }

    private struct State: Sendable {
        var answers: [Key: Answer] = [:]
        var isUnsupported = false
        var rules: FreshnessRules
    }

    static let entriesMax = 65_536
    /// Larger values are not kept.
    static let valueMax = 4096

    private let state: Mutex<State>

    init(rules: FreshnessRules) {
        state = Mutex(State(rules: rules))
    }

    func setRules(_ rules: FreshnessRules) {
        state.withLock { $0.rules = rules }
    }

    /// The share said that it has no extended attributes at all.
    var isUnsupported: Bool { state.withLock { $0.isUnsupported } }

    func answer(
        _ node: NodeID, _ question: Question, changed: Timestamp, at now: Duration
    ) -> Result<[UInt8], Errno>? {
        state.withLock { state in
            guard let known = state.answers[Key(node: node, question: question)],
                known.changed == changed, state.rules.state(of: known.validity, at: now) != .expired
            else { return nil }
            return known.result
        }
    }

    /// A file was just made: it has no capabilities, after which the kernel asks before each write. (ACLs it may have by
    /// inheritance.)
    func madeFile(_ node: NodeID, changed: Timestamp, at now: Duration) {
        remember(
            .failure(.noData), node, .value(Name("security.capability")), changed: changed, at: now)
    }

    /// They were changed through the view.
    func forget(_ node: NodeID) {
        state.withLock { state in
            for key in state.answers.keys where key.node == node { state.answers[key] = nil }
        }
    }

    func remember(
        _ result: Result<[UInt8], Errno>, _ node: NodeID, _ question: Question, changed: Timestamp,
        at now: Duration
    ) {
        switch result {
        case .success(let value) where value.count > Self.valueMax: return
        case .failure(.notSupported):
            state.withLock { $0.isUnsupported = true }
            return
        case .failure(let errno) where errno != .noData: return
        default: break
        }
        state.withLock { state in
            if state.answers.count >= Self.entriesMax { state.answers.removeAll() }
            state.answers[Key(node: node, question: question)] = Answer(
                result: result, changed: changed, validity: state.rules.initial(at: now))
        }
    }
}
