import Model

/// Whether LZ4 is tried on the next chunk of a file, and what was learnt from those before.
struct CompressionTrial: Hashable, Sendable {
    /// Chunks in a row that did not pay, after which a file is given up.
    static let failuresMax = 4

    let rule: CompressionRule
    private var failures: Int
    private var verdict: Bool?

    /// - Parameter isDoubtful: files of this kind did not pay lately: one failure is enough.
    init(rule: CompressionRule, isDoubtful: Bool) {
        self.rule = rule
        verdict = rule == .never ? false : nil
        failures = isDoubtful ? Self.failuresMax - 1 : 0
    }

    var isWorthTrying: Bool { verdict != false }

    /// - Returns: the verdict on the file, when this chunk decided it.
    mutating func note(paid: Bool) -> Bool? {
        let before = verdict
        switch rule {
        case .never, .always:
            return nil
        case .probe:
            verdict = verdict ?? paid
        case .whileItPays:
            failures = paid ? 0 : failures + 1
            if paid { verdict = true }
            if failures >= Self.failuresMax { verdict = false }
        }
        return verdict == before ? nil : verdict
    }
}

/// What compression brought lately, by content type and extension, so that the hundredth incompressible file of a
/// kind is not tried as patiently as the first.
struct CompressionMemory {
    private struct Kind: Hashable {
        var type: ContentType
        var suffix: [UInt8]
    }

    /// Kinds remembered; the table is emptied when it is full.
    private static let kindsMax = 512
    private static let scoreMax = 8
    private static let doubtfulScore = -3

    private let rules: ContentRules
    private var scores: [Kind: Int] = [:]

    init(_ rules: ContentRules) {
        self.rules = rules
    }

    /// - Parameter known: what the file's former chunks have shown, if there were any; counts while its type is what it was then.
    func trial(
        for identity: ObjectIdentity, after known: CompressionTrial? = nil
    ) -> CompressionTrial {
        let rule = rules.compression(of: identity.contentType)
        if let known, known.rule == rule { return known }
        let score = scores[Self.kind(of: identity)] ?? 0
        return CompressionTrial(
            rule: rule, isDoubtful: score <= Self.doubtfulScore)
    }

    mutating func note(_ identity: ObjectIdentity, paid: Bool) {
        let kind = Self.kind(of: identity)
        if scores.count >= Self.kindsMax, scores[kind] == nil { scores.removeAll() }
        let score = (scores[kind] ?? 0) + (paid ? 1 : -1)
        scores[kind] = min(max(score, -Self.scoreMax), Self.scoreMax)
    }

    private static func kind(of identity: ObjectIdentity) -> Kind {
        let name = identity.path.components.last?.bytes ?? []
        let dot = name.lastIndex(of: 0x2E).map { $0 + 1 } ?? name.count
        return Kind(type: identity.contentType, suffix: Array(name[dot...].prefix(16)))
    }
}
