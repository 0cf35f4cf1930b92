/// Holds prefetching back while the machine is busy with other things. Demand is never governed.
struct Governor: Sendable {
    /// SPEC §8: memory, processor, disk, network.
    static let memoryMax = 0.8
    static let processorMax = 0.7
    static let diskMax = 0.6
    static let networkMax = 0.5

    private(set) var restraint: String?

    mutating func setPressure(_ pressure: Pressure) {
        let limits: [(String, Double?, Double)] = [
            ("memory", pressure.memory, Self.memoryMax),
            ("processor", pressure.processor, Self.processorMax),
            ("disk", pressure.disk, Self.diskMax),
            ("network", pressure.network, Self.networkMax),
        ]
        restraint = nil
        for (name, value, limit) in limits {
            // A margin on the way down, so that it does not flutter.
            guard let value, value > limit else { continue }
            restraint = "\(name) is busy (\(Int(value * 100)) %)"
            return
        }
    }
}
