import Control
import Metrics

extension MetricStatus {
    /// nil of a histogram of nothing: most of those that there are.
    init?(_ sample: MetricRegistry.Sample) {
        self.init(
            name: sample.name,
            labels: Dictionary(
                sample.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
        switch sample.value {
        case .counter(let value): self.value = Double(value)
        case .gauge(let value): self.value = value
        case .histogram(let histogram):
            guard histogram.count > 0 else { return nil }
            let scale = sample.unit == .seconds ? 1e-9 : 1
            let quantile = { (part: Double) in histogram.quantile(part).map { Double($0) * scale } }
            count = histogram.count
            sum = Double(histogram.sum) * scale
            median = quantile(0.5)
            p90 = quantile(0.9)
            p99 = quantile(0.99)
            max = quantile(1)
        }
    }
}
