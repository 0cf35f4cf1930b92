import Model

/// What can be told to a share that runs. Pure.
enum ControlCommand: Hashable, Sendable {
    case reach(Faults.Reach)
    case fail(Faults.Rule)
    case clearFaults
    case lie(ListingLie)
    case latency(Duration)
    /// Bytes per second; nil is without bound.
    case bandwidth(Double?)
    case stats, resetStats

    /// The first word of what is told.
    enum Verb: String, CaseIterable {
        case offline, hang, online, resume, fail
        case failNth = "fail-nth"
        case failLate = "fail-late"
        case latency, bandwidth, lie, stats
        case resetStats = "reset-stats"
    }

    init(_ words: [String]) throws(Arguments.Mistake) {
        switch (words.first.flatMap(Verb.init), words.count) {
        case (.online, 1), (.resume, 1): self = .reach(.online)
        case (.hang, 1): self = .reach(.hanging)
        case (.offline, 1): self = .reach(.offline(.ioError))
        case (.offline, 2): self = .reach(.offline(try Self.error(words[1])))
        case (.fail, 2) where words[1] == "clear": self = .clearFaults
        case (.fail, 4): self = .fail(try Self.rule(words, Self.share(words[3])))
        case (.failNth, 4): self = .fail(try Self.rule(words, Self.nth(words[3])))
        case (.failLate, 4):
            self = .fail(try Self.rule(words, Self.share(words[3]), isLate: true))
        case (.latency, 2): self = .latency(try Arguments.duration(words[1], "latency"))
        case (.bandwidth, 2): self = .bandwidth(try Arguments.bandwidth(words[1], "bandwidth"))
        case (.lie, 2...):
            guard let lie = ListingLie(words.dropFirst()) else {
                throw Arguments.Mistake(
                    description: "'\(words.dropFirst().joined(separator: " "))' is nothing that a"
                        + " share says of its folders: see slowshare --help")
            }
            self = .lie(lie)
        case (.stats, 1): self = .stats
        case (.resetStats, 1): self = .resetStats
        default:
            throw Arguments.Mistake(
                description: "'\(words.joined(separator: " "))' is no command: see slowshare --help"
            )
        }
    }

    /// Carries the command out.
    ///
    /// - Returns: what to print.
    func run(on network: Network) throws(Arguments.Mistake) -> String {
        switch self {
        case .reach(let reach): network.setReach(reach)
        case .clearFaults: network.clearRules()
        case .lie(let lie): network.setLie(lie)
        case .latency(let roundTrip): network.setRoundTrip(roundTrip)
        case .bandwidth(let bandwidth): network.setBandwidth(bandwidth)
        case .resetStats: network.resetStatistics()
        case .stats: return network.report.json + "\n"
        case .fail(let rule):
            guard network.add(rule) else {
                throw Arguments.Mistake(
                    description:
                        "\(Faults.rulesMax) failures are set already: clear them with 'fail clear'")
            }
        }
        return ""
    }

    private static func rule(
        _ words: [String], _ pattern: Faults.Rule.Pattern, isLate: Bool = false
    ) throws(Arguments.Mistake) -> Faults.Rule {
        var kind: OperationKind?
        if words[1] != "any" {
            kind = OperationKind(rawValue: words[1])
            guard let kind, kind.costsRoundTrip else {
                let known = OperationKind.allCases.filter(\.costsRoundTrip).map(\.rawValue)
                throw Arguments.Mistake(
                    description: "'\(words[1])' is no operation that can fail; expected any, "
                        + known.joined(separator: ", "))
            }
        }
        guard !isLate || kind?.handsOut != true else {
            throw Arguments.Mistake(
                description:
                    "'\(words[1])' cannot fail late: what it hands out would never come back")
        }
        return Faults.Rule(
            kind: kind, error: try error(words[2]), pattern: pattern, isLate: isLate)
    }

    private static func error(_ text: String) throws(Arguments.Mistake) -> Errno {
        guard let error = ErrorNames.error(named: text) else {
            throw Arguments.Mistake(
                description: "'\(text)' is no error; expected a name like EIO or a number")
        }
        return error
    }

    private static func share(_ text: String) throws(Arguments.Mistake) -> Faults.Rule.Pattern {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let count = parts[0], let of = parts[1],
            1 <= count, count <= of, of <= 1_000_000
        else {
            throw Arguments.Mistake(
                description: "'\(text)' is no share; expected N/M with 1 <= N <= M, like 1/100")
        }
        return .share(count: count, of: of)
    }

    private static func nth(_ text: String) throws(Arguments.Mistake) -> Faults.Rule.Pattern {
        guard let number = Int(text), number >= 1 else {
            throw Arguments.Mistake(description: "'\(text)' is no count; expected 1 or more")
        }
        return .nth(number)
    }
}
