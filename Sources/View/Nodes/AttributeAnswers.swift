import Model

/// Answers about extended attributes that take more than a node's own marks: values, and what few ask for. Bounded:
/// emptied when it holds ``answersMax`` of them or ``bytesMax``.
struct AttributeAnswers: Sendable {
    typealias Question = AttributeKnowledge.Question

    struct Answer: Sendable, Equatable {
        var result: Result<[UInt8], Errno>
        /// False where it was learned so soon after the file's change time that it may have changed since without that.
        var isProven: Bool

        var value: [UInt8]? { try? result.get() }
    }

    static let answersMax = 65_536
    static let bytesMax = 32 << 20
    /// Larger values are not kept.
    static let valueMax = 4096

    private var byNode: [NodeID: [Question: Answer]] = [:]
    private(set) var count = 0
    /// Of the values.
    private(set) var bytes = 0

    subscript(id: NodeID, question: Question) -> Answer? { byNode[id]?[question] }

    subscript(id: NodeID) -> [Question: Answer] { byNode[id] ?? [:] }

    mutating func set(_ answer: Answer, for question: Question, of id: NodeID) {
        remove(question, of: id)
        let size = answer.value?.count ?? 0
        guard size <= Self.valueMax else { return }
        if count >= Self.answersMax || bytes + size > Self.bytesMax { self = AttributeAnswers() }
        byNode[id, default: [:]][question] = answer
        count += 1
        bytes += size
    }

    mutating func remove(_ question: Question, of id: NodeID) {
        guard let before = byNode[id]?.removeValue(forKey: question) else { return }
        if byNode[id]?.isEmpty == true { byNode[id] = nil }
        forget(before)
    }

    mutating func remove(_ id: NodeID) {
        guard !byNode.isEmpty else { return }
        for answer in byNode.removeValue(forKey: id)?.values.map({ $0 }) ?? [] { forget(answer) }
    }

    private mutating func forget(_ answer: Answer) {
        count -= 1
        bytes -= answer.value?.count ?? 0
    }
}
