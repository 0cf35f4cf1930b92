/// Which pairs are rules: so many at most, the strongest ones.
struct RuleSet<Key: Hashable & Sendable>: Sendable {
    private struct Pair: Hashable, Sendable {
        var antecedent: Key
        var consequent: Key
    }

    /// Newcomers that are turned away before the weakest is looked for again.
    static var refusalsMax: Int { 256 }

    let countMax: Int
    private var strengths: [Pair: Float] = [:]
    /// What a newcomer must exceed, as of the last look: looking takes a pass over all.
    private var limit: Float = 0
    private var refusals = 0

    init(countMax: Int) {
        self.countMax = max(1, countMax)
    }

    var count: Int { strengths.count }

    func contains(_ antecedent: Key, _ consequent: Key) -> Bool {
        strengths[Pair(antecedent: antecedent, consequent: consequent)] != nil
    }

    mutating func remove(_ antecedent: Key, _ consequent: Key) {
        strengths[Pair(antecedent: antecedent, consequent: consequent)] = nil
    }

    mutating func insert(_ antecedent: Key, _ consequent: Key, strength: Float) {
        let pair = Pair(antecedent: antecedent, consequent: consequent)
        if strengths.count < countMax || strengths[pair] != nil {
            strengths[pair] = strength
            return
        }
        guard strength > limit || refusals >= Self.refusalsMax else {
            refusals += 1
            return
        }
        refusals = 0
        guard let weakest = strengths.min(by: { $0.value < $1.value }) else { return }
        limit = weakest.value
        guard strength > weakest.value else { return }
        strengths[weakest.key] = nil
        strengths[pair] = strength
    }
}
