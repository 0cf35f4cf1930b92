import Model

/// What is wrong with the share at the moment, and which operations it hits. Pure.
struct Faults: Sendable {
    enum Reach: Hashable, Sendable {
        case online
        /// Every operation fails at once.
        case offline(Errno)
        /// Every operation waits.
        case hanging
    }

    enum Verdict: Hashable, Sendable {
        case proceed
        /// Without a round trip: the client's side knows that nobody is there.
        case failAtOnce(Errno)
        /// After the round trip: the share said so.
        case fail(Errno)
        /// Likewise, but the share has done what it was asked.
        case failLate(Errno)
        case hold
    }

    struct Rule: Hashable, Sendable {
        enum Pattern: Hashable, Sendable {
            /// `count` of every `of` calls, evenly spread, the last of them always.
            case share(count: Int, of: Int)
            /// The call with this number from when the rule was made (1 is the next one), once.
            case nth(Int)
        }

        /// nil hits every kind.
        var kind: OperationKind?
        var error: Errno
        var pattern: Pattern
        /// What fails is carried out nevertheless, as where an answer is lost.
        var isLate = false
        /// Calls that the rule has looked at, and those that it failed.
        var calls = 0
        var fired = 0

        /// Counts a call of a kind that the rule is about.
        fileprivate mutating func hits() -> Bool {
            calls += 1
            let hit: Bool
            switch pattern {
            case .share(let count, let of):
                hit = calls * count / of > (calls - 1) * count / of
            case .nth(let number):
                hit = calls == number
            }
            if hit { fired += 1 }
            return hit
        }
    }

    /// Rules that may be in force at once.
    static let rulesMax = 64

    var reach = Reach.online
    private(set) var rules: [Rule] = []

    /// - Returns: false when there are ``rulesMax`` rules already.
    mutating func add(_ rule: Rule) -> Bool {
        guard rules.count < Self.rulesMax else { return false }
        rules.append(rule)
        return true
    }

    mutating func clearRules() {
        rules = []
    }

    /// What happens to the next operation of this kind. Every rule about it counts it; the first that hits
    /// decides.
    mutating func verdict(on kind: OperationKind) -> Verdict {
        guard kind.costsRoundTrip else { return .proceed }
        switch reach {
        case .offline(let error): return .failAtOnce(error)
        case .hanging: return .hold
        case .online: break
        }
        var verdict = Verdict.proceed
        for index in rules.indices
        where (rules[index].kind == nil || rules[index].kind == kind)
            && !(rules[index].isLate && kind.handsOut)
        {
            guard rules[index].hits(), verdict == .proceed else { continue }
            let error = rules[index].error
            verdict = rules[index].isLate ? .failLate(error) : .fail(error)
        }
        return verdict
    }
}
