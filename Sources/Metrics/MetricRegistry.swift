import Synchronization

/// All that a daemon counts, by name: whoever counts registers at the start and keeps what it counts with; whoever shows figures
/// asks here.
///
/// Names and units are those of OpenMetrics: `larder_…_seconds`, `…_bytes`, `…_total`.
/// Threads: any. What is registered is counted without this.
public final class MetricRegistry: Sendable {
    /// What a value is of, as `operation="read"`.
    public struct Label: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public enum Unit: String, Hashable, Sendable {
        /// Histograms of them count nanoseconds.
        case seconds
        case bytes
        case none
    }

    public enum Value: Hashable, Sendable {
        case counter(UInt64)
        case gauge(Double)
        case histogram(HistogramSnapshot)
    }

    public struct Sample: Hashable, Sendable {
        public var name: String
        public var help: String
        public var unit: Unit
        public var labels: [Label]
        public var value: Value
    }

    private struct Entry: Sendable {
        var name: String
        var help: String
        var unit: Unit
        var labels: [Label]
        var read: @Sendable () -> Value
    }

    private let entries = Mutex<[Entry]>([])

    public init() {}

    public func counter(
        _ name: String, _ help: String, unit: Unit = .none, labels: [Label] = []
    ) -> Counter {
        let counter = Counter()
        add(name, help, unit, labels) { .counter(counter.current) }
        return counter
    }

    public func histogram(
        _ name: String, _ help: String, unit: Unit, labels: [Label] = []
    ) -> Histogram {
        let histogram = Histogram()
        add(name, help, unit, labels) { .histogram(histogram.snapshot) }
        return histogram
    }

    /// - Parameter read: asked whenever somebody wants to know; must not wait.
    public func gauge(
        _ name: String, _ help: String, unit: Unit = .none, labels: [Label] = [],
        read: @escaping @Sendable () -> Double
    ) {
        add(name, help, unit, labels) { .gauge(read()) }
    }

    private func add(
        _ name: String, _ help: String, _ unit: Unit, _ labels: [Label],
        _ read: @escaping @Sendable () -> Value
    ) {
        entries.withLock { entries in
            precondition(
                !entries.contains { $0.name == name && $0.labels == labels },
                "\(name) \(labels) is registered twice")
            entries.append(
                Entry(name: name, help: help, unit: unit, labels: labels, read: read))
        }
    }

    /// In the order of registration.
    public var samples: [Sample] {
        entries.withLock { $0 }.map { entry in
            Sample(
                name: entry.name, help: entry.help, unit: entry.unit, labels: entry.labels,
                value: entry.read())
        }
    }
}
