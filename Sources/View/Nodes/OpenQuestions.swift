import Model

/// What the share is being asked of names and attributes, so that an answer that was given before a change
/// made through the view is not taken for the state after it.
///
/// A change marks, in the moment in which it is entered, every open question that it may have overtaken; who gets
/// the answer to such a question asks again. Bounded by the share's queues.
struct OpenQuestions: Sendable {
    struct Number: Hashable, Sendable {
        fileprivate let value: UInt64
    }

    enum Subject: Sendable, Hashable {
        /// Attributes of a node, whatever its names.
        case node(NodeID)
        case name(Node.Place)
        /// All names of a folder, with their attributes.
        case listing(NodeID)
    }

    private struct Question: Sendable {
        var subject: Subject
        var isOvertaken = false
        /// For listings: names that were changed.
        var names: Set<Name> = []
    }

    private var open: [UInt64: Question] = [:]
    private var next: UInt64 = 0

    mutating func ask(_ subject: Subject) -> Number {
        next += 1
        open[next] = Question(subject: subject)
        return Number(value: next)
    }

    /// The answer is here. - Returns: whether it may be out of date already.
    mutating func close(_ number: Number) -> Bool {
        open.removeValue(forKey: number.value)?.isOvertaken ?? false
    }

    /// Names of a listing that were changed since it was asked for.
    func overtakenNames(_ number: Number?) -> Set<Name> {
        number.flatMap { open[$0.value]?.names } ?? []
    }

    /// Whether a listing as a whole is of no use any more.
    func isOvertaken(_ number: Number) -> Bool { open[number.value]?.isOvertaken ?? false }

    /// A name means something else now, or what it means has other attributes.
    mutating func overtake(_ place: Node.Place) {
        guard !open.isEmpty else { return }
        for (key, question) in open {
            switch question.subject {
            case .name(place): open[key]?.isOvertaken = true
            case .listing(place.parent): open[key]?.names.insert(place.name)
            default: break
            }
        }
    }

    mutating func overtake(_ node: NodeID) {
        guard !open.isEmpty else { return }
        for (key, question) in open where question.subject == .node(node) {
            open[key]?.isOvertaken = true
        }
    }

    /// Paths have changed.
    mutating func overtakeAll() {
        for key in open.keys { open[key]?.isOvertaken = true }
    }
}
