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
        /// For listings: the path by which the folder was looked for may have led elsewhere.
        var isPathChanged = false
        /// For listings: put to the index, and not to the share.
        var isOfIndex = false
        /// For listings: a newer one was entered.
        var isSuperseded = false
        /// For listings: all names are in the table.
        var isEntered = false
        /// For listings: names that were changed.
        var names: Set<Name> = []

        /// A listing from the share that the table is to take in.
        var isAwaited: Bool { !isOfIndex && !isEntered && !isSuperseded }
    }

    /// Answers that changes through the view have overtaken are asked for again, this often; then what is known
    /// of the change is put together with what the share said.
    static let overtakenMax = 8

    private var open: [UInt64: Question] = [:]
    /// The numbers of those that are open: a change looks at no others than it concerns.
    private var bySubject: [Subject: Set<UInt64>] = [:]
    private var next: UInt64 = 0

    /// - Parameter isOfIndex: the answer is as old as the index is.
    mutating func ask(_ subject: Subject, isOfIndex: Bool = false) -> Number {
        next += 1
        open[next] = Question(subject: subject, isOfIndex: isOfIndex)
        bySubject[subject, default: []].insert(next)
        return Number(value: next)
    }

    /// The answer is here. - Returns: whether it may be out of date already.
    mutating func close(_ number: Number) -> Bool {
        guard let question = open.removeValue(forKey: number.value) else { return false }
        bySubject[question.subject]?.remove(number.value)
        if bySubject[question.subject]?.isEmpty == true { bySubject[question.subject] = nil }
        return question.isOvertaken
    }

    /// Whether the share is being asked for the names of a folder, once or several times, and an answer is to be entered yet.
    func isBeingListed(_ folder: NodeID) -> Bool {
        bySubject[.listing(folder)]?.contains { open[$0]?.isAwaited == true } ?? false
    }

    /// The answer is entered; what happens until it is closed may overtake it all the same.
    mutating func entered(_ number: Number?) {
        if let number { open[number.value]?.isEntered = true }
    }

    /// Names of a listing that were changed since it was asked for.
    func overtakenNames(_ number: Number?) -> Set<Name> {
        number.flatMap { open[$0.value]?.names } ?? []
    }

    /// Whether a listing may be of another folder than it was asked for: its path has changed since. One that was opened
    /// before that goes on by its descriptor.
    func isPathChanged(_ number: Number) -> Bool { open[number.value]?.isPathChanged ?? false }

    /// A listing from the share is entered: what was asked for before it, and what the index says, is older.
    mutating func supersede(_ folder: NodeID, by number: Number?) {
        for key in bySubject[.listing(folder)] ?? [] {
            guard key != number?.value, let question = open[key] else { continue }
            if question.isOfIndex || key < number?.value ?? 0 { open[key]?.isSuperseded = true }
        }
    }

    /// Whether a newer listing of the folder was entered since.
    func isSuperseded(_ number: Number?) -> Bool {
        number.flatMap { open[$0.value]?.isSuperseded } ?? false
    }

    /// All that are open.
    var all: [(number: Number, subject: Subject)] {
        open.map { (Number(value: $0.key), $0.value.subject) }
    }

    /// A name means something else now, or what it means has other attributes.
    mutating func overtake(_ place: Node.Place) {
        guard !open.isEmpty else { return }
        for key in bySubject[.name(place)] ?? [] { open[key]?.isOvertaken = true }
        for key in bySubject[.listing(place.parent)] ?? [] {
            open[key]?.names.insert(place.name)
        }
    }

    /// All answers but listings may be of before this moment.
    mutating func overtakeAll() {
        for key in open.keys { open[key]?.isOvertaken = true }
    }

    mutating func overtake(_ node: NodeID) {
        guard !open.isEmpty else { return }
        for key in bySubject[.node(node)] ?? [] { open[key]?.isOvertaken = true }
    }

    /// A folder on the way to what is asked of was renamed.
    mutating func pathChanged(_ number: Number) {
        if case .listing = open[number.value]?.subject {
            open[number.value]?.isPathChanged = true
        } else {
            open[number.value]?.isOvertaken = true
        }
    }
}
