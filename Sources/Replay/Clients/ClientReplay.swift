import Foresight
import Model

/// All methods over one trace of clients.
public struct ClientReplay: Sendable {
    private let model: ClientModel
    private let settings: ReplaySettings

    /// - Throws: if a file that is read is not listed, naming its line of the trace.
    public init(
        _ trace: Trace, _ files: FileList, _ settings: ReplaySettings, path: String
    ) throws(TraceError) {
        model = try ClientModel(
            trace, files, memory: settings.memory, share: settings.share, path: path)
        self.settings = settings
    }

    public var distinctBytes: Int64 { model.distinctBytes }
    public var memory: Int64 { model.memory }

    /// Bytes of a file, by its position in the trace.
    func size(_ file: Int) -> Int64 {
        let position = model.files[file]
        return position < 0 ? 0 : model.neighbourhood.files[position].size
    }

    /// - Returns: the methods that were asked for, in their usual order; without readahead first in any case.
    public func rows() -> [MethodRow] {
        let none = counts(.none)
        return MethodName.allCases
            .filter { $0 == .none || settings.methods.contains($0) }
            .map { method in
                MethodRow(
                    method, method == .none ? none : counts(method), none: none,
                    distinct: model.distinctBytes)
            }
            .withStallToLinux()
    }

    func counts(_ method: MethodName) -> ClientCounts {
        let simulation = ClientSimulation(model)
        return switch method {
        case .none: simulation.run(ClientNone())
        case .linux128K: simulation.run(ClientLinux(bytes: 128 << 10))
        case .linux1M: simulation.run(ClientLinux(bytes: 1 << 20))
        case .next128K: simulation.run(ClientNext(bytes: 128 << 10))
        case .next1M: simulation.run(ClientNext(bytes: 1 << 20))
        case .leapRequest8: simulation.run(ClientLeap(.request, windowMax: 8))
        case .leapPage8: simulation.run(ClientLeap(.page, windowMax: 8))
        case .leapPage32: simulation.run(ClientLeap(.page, windowMax: 32))
        case .foresight:
            simulation.run(
                ClientForesight(
                    settings.foresight, model.neighbourhood, memory: model.memory))
        case .oracle: simulation.run(ClientOracle(model))
        case .oracleBlocks:
            simulation.run(ClientOracle(model, blockMax: ChunkGeometry.blockSizeMax))
        case .oracleRuns:
            simulation.run(ClientRunOracle(model, blockMax: ChunkGeometry.blockSizeMax))
        }
    }
}

extension MethodRow {
    /// - Parameters:
    ///   - none: the same trace without readahead.
    ///   - distinct: bytes that the trace reads, each once.
    init(_ method: MethodName, _ counts: ClientCounts, none: ClientCounts, distinct: Int64) {
        let page = PageCache.pageSize
        let coverage = Self.ratio(Int(none.missed - counts.missed), Int(none.missed)) ?? 0
        let beside = Self.ratio(Int(counts.fetched), Int(none.fetched)) ?? 1
        self.init(
            method: method.rawValue, coverage: coverage,
            accuracy: Self.ratio(Int(counts.used), Int(counts.issued)),
            traffic: Self.ratio(Int(counts.fetched), Int(distinct)) ?? 1,
            score: Self.score(coverage: coverage, traffic: beside),
            lateShare: Self.ratio(Int(counts.usedLate), Int(counts.used)),
            hitRatio: Self.ratio(Int(counts.hit), Int(counts.asked)) ?? 0,
            stallSeconds: Double(counts.stall) / 1e9,
            missed: Int((counts.missed + page - 1) / page),
            issued: Int((counts.issued + page - 1) / page),
            used: Int((counts.used + page - 1) / page))
    }
}
