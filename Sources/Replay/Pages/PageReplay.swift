/// All methods over one block trace.
public struct PageReplay: Sendable {
    private let model: PageModel
    private let settings: ReplaySettings

    public init(_ trace: Trace, _ settings: ReplaySettings) {
        model = PageModel(trace, memory: settings.memory, share: settings.share)
        self.settings = settings
    }

    /// Distinct pages that the trace reads.
    public var workingSetPages: Int { model.workingSet }
    public var cachePages: Int { model.capacity }
    public var hasClock: Bool { model.hasClock }

    /// - Returns: the methods that were asked for, in their usual order; without readahead first in any case.
    public func rows() -> [MethodRow] {
        let none = model.run(NoReadahead())
        return MethodName.ofPages
            .filter { $0 == .none || settings.methods.contains($0) }
            .map { method in
                MethodRow(
                    method, method == .none ? none : run(method), none: none,
                    hasClock: model.hasClock)
            }
            .withStallToLinux()
    }

    private func run(_ method: MethodName) -> PageCounts {
        switch method {
        case .none, .oracle, .oracleBlocks, .oracleRuns: model.run(NoReadahead())
        case .linux128K: model.run(LinuxReadahead(bytes: 128 << 10))
        case .linux1M: model.run(LinuxReadahead(bytes: 1 << 20))
        case .next128K: model.run(NextReadahead(bytes: 128 << 10))
        case .next1M: model.run(NextReadahead(bytes: 1 << 20))
        case .leapRequest8: model.run(LeapReadahead(.request, windowMax: 8))
        case .leapPage8: model.run(LeapReadahead(.page, windowMax: 8))
        case .leapPage32: model.run(LeapReadahead(.page, windowMax: 32))
        case .foresight:
            model.run(
                ForesightReadahead(
                    settings.foresight, hasClock: model.hasClock,
                    memory: Int64(model.capacity) * PageCache.pageSize))
        }
    }
}

extension [MethodRow] {
    /// Fills in the comparison with Linux's readahead, where that is among the rows.
    func withStallToLinux() -> [MethodRow] {
        guard let linux = first(where: { $0.method == MethodName.linux1M.rawValue }),
            linux.stallSeconds > 0
        else { return self }
        return map { row in
            var row = row
            row.stallToLinux = row.stallSeconds / linux.stallSeconds
            return row
        }
    }
}
