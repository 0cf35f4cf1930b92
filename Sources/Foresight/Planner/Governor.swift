/// Holds prefetching back while the machine, or the way to the share, is busy with other things. Demand is never governed.
///
/// A busy machine gets nothing from other files, and windows that keep the link full. A busy link gets windows that
/// would keep it full if nobody else used it, and sweeps no longer than these.
struct Governor: Sendable {
    /// Parts in use above which nothing more is asked of memory, processor, disk and network: what others do there comes first.
    static let memoryMax = 0.8
    static let processorMax = 0.7
    static let diskMax = 0.6
    static let networkMax = 0.5

    /// Why the machine is spared, in words.
    private(set) var restraint: String?
    /// Part in use of what is used most: 0 ... 1.
    private var load = 0.0
    private var queue = LinkQueue()
    private var network = 0.0

    mutating func setPressure(_ pressure: Pressure) {
        let limits: [(String, Double?, Double)] = [
            ("memory", pressure.memory, Self.memoryMax),
            ("processor", pressure.processor, Self.processorMax),
            ("disk", pressure.disk, Self.diskMax),
        ]
        restraint = nil
        load = min(1, limits.compactMap(\.1).max() ?? 0)
        for (name, value, limit) in limits {
            guard let value, value > limit else { continue }
            restraint = Self.words(name, value)
            return
        }
    }

    /// - Parameters:
    ///   - link: as it was measured last.
    ///   - now: on the clock of events.
    mutating func setLink(_ link: LinkState, at now: Duration) {
        queue.note(link.roundTrip, at: now)
        network = queue.pressure(at: now)
    }

    /// How much of what prefetching may use is free, of whatever there is least of: 1 while half of that is not in use, then in
    /// proportion, 0 from `most` on.
    func resourcesFree(of most: Double) -> Double {
        max(0, min(1, 2 * (1 - max(load, network) / most)))
    }

    var isLinkBusy: Bool { network > Self.networkMax }

    /// A round trip without anybody in the way.
    var roundTripFloor: Duration { queue.floor }

    /// Whatever holds back, in words; nil while nothing does.
    var words: String? { restraint ?? (isLinkBusy ? Self.words("network", network) : nil) }

    private static func words(_ name: String, _ value: Double) -> String {
        "\(name) is busy (\(Int(value * 100)) %)"
    }
}
