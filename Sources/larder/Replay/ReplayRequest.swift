import Foresight
import Model
import Replay

/// `larder replay` as typed.
struct ReplayRequest: Equatable {
    var traces: [String] = []
    /// Bytes.
    var chunk: Int?
    var memory: Int64?
    var strategy: Strategy?
    var predictors = PredictorSet.all
    var json = false
    /// nil: all of the first two tables; with the third, none of them.
    var methods: Set<MethodName>?
    var policies: Set<PolicyName>?
    var share = ShareModel()
    /// The third table, without the others unless some of theirs are chosen.
    var correlations = false
    var cachePercent = CorrelationSettings.cachePercentDefault

    /// No trace, but households that are made up: so many, from this seed on.
    var household = false
    var households: UInt64 = 20
    var firstSeed: UInt64 = 1
    /// Also with forests.
    var forest = false

    static let householdsMax: UInt64 = 1000
    static let seedMax: UInt64 = 1 << 40
    static let cachePercents = 1...100
    static let memoryMin: Int64 = 1 << 20
    static let memoryMax: Int64 = 1 << 40
    static let chunkSizes = 4 << 10...4 << 20
    static let bandwidthMin: Int64 = 1000

    var settings: ReplaySettings {
        ReplaySettings(
            memory: memory, chunk: chunk,
            foresight: ForesightSettings(
                strategy: strategy, share: share, predictors: predictors),
            methods: methods ?? (correlations ? [] : Set(MethodName.allCases)),
            policies: policies ?? (correlations ? [] : Set(PolicyName.allCases)),
            correlations: correlations ? CorrelationSettings(cachePercent: cachePercent) : nil)
    }

    /// Takes in one option that has a value.
    mutating func set(_ option: String, _ value: String) throws(CommandError) {
        switch option {
        case "--memory":
            let size = try Self.size(option, value)
            guard size >= Self.memoryMin, size <= Self.memoryMax else {
                throw .usage("'--memory=\(value)' is not between 1M and 1T")
            }
            memory = size
        case "--chunk":
            let size = Int(try Self.size(option, value))
            guard Self.chunkSizes.contains(size), size.nonzeroBitCount == 1 else {
                throw .usage("'--chunk=\(value)' is no power of two between 4K and 4M")
            }
            chunk = size
        case "--cache-percent":
            guard let percent = Int(value), Self.cachePercents.contains(percent) else {
                throw .usage("'--cache-percent=\(value)' is not a whole number from 1 to 100")
            }
            cachePercent = percent
        case "--seeds":
            guard let count = UInt64(value), (1...Self.householdsMax).contains(count) else {
                throw .usage(
                    "'--seeds=\(value)' is not a whole number from 1 to \(Self.householdsMax)")
            }
            households = count
        case "--seed":
            guard let seed = UInt64(value), seed <= Self.seedMax else {
                throw .usage("'--seed=\(value)' is not a whole number from 0 to \(Self.seedMax)")
            }
            firstSeed = seed
        case "--strategy":
            guard let known = Strategy(rawValue: value) else {
                let names = Strategy.allCases.map(\.rawValue).joined(separator: ", ")
                throw .usage("unknown strategy '\(value)'; known: \(names)")
            }
            strategy = known
        case "--without":
            for name in value.split(separator: ",") { try leaveOut(String(name)) }
        case "--method":
            for name in value.split(separator: ",") { try choose(String(name)) }
        default:
            share = try Self.share(value)
        }
    }

    private mutating func leaveOut(_ name: String) throws(CommandError) {
        guard let predictor = PredictorSet(name: name) else {
            throw Self.unknown("predictor", name, PredictorSet.names.map(\.name))
        }
        predictors.remove(predictor)
    }

    /// The other table is left out unless one of its own is chosen too.
    private mutating func choose(_ name: String) throws(CommandError) {
        var methods = self.methods ?? []
        var policies = self.policies ?? []
        if let method = MethodName(rawValue: name) {
            methods.insert(method)
        } else if let policy = PolicyName(rawValue: name) {
            policies.insert(policy)
        } else {
            let known = MethodName.allCases.map(\.rawValue) + PolicyName.allCases.map(\.rawValue)
            throw Self.unknown("method", name, known)
        }
        (self.methods, self.policies) = (methods, policies)
    }

    private static func unknown(
        _ kind: String, _ name: String, _ known: [String]
    ) -> CommandError {
        let hint = Spelling.nearest(to: name, among: known).map { "did you mean '\($0)'?" }
        return .usage(
            "unknown \(kind) '\(name)'; \(hint ?? "known: \(known.joined(separator: ", "))")")
    }

    private static func size(_ option: String, _ value: String) throws(CommandError) -> Int64 {
        guard let size = ByteCount(parsing: value) else {
            throw .usage("'\(option)=\(value)' is no size; sizes look like 512M or 64K")
        }
        return size.bytes
    }

    private static func share(_ value: String) throws(CommandError) -> ShareModel {
        let parts = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let roundTrip = Duration(parsing: parts[0]),
            roundTrip <= .seconds(60), let bandwidth = ByteCount(parsing: parts[1]),
            bandwidth.bytes >= bandwidthMin
        else {
            throw .usage(
                "'--share=\(value)' is no round trip and bytes per second, as in 8ms,100MB")
        }
        let (seconds, attoseconds) = roundTrip.components
        return ShareModel(
            roundTrip: seconds * 1_000_000_000 + attoseconds / 1_000_000_000,
            bandwidth: Double(bandwidth.bytes))
    }
}
