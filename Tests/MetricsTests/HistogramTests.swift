import Synchronization
import Testing

@testable import Metrics

/// How often values of each size came.
@Suite struct HistogramTests {
    @Test func bucketsFollowOneAnotherAndLeaveNothingOut() {
        var next: UInt64 = 0
        for index in 0..<LogLinearScale.bucketCount {
            #expect(LogLinearScale.index(of: next) == index)
            let bound = LogLinearScale.upperBound(of: index)
            #expect(bound >= next && LogLinearScale.index(of: bound) == index)
            // An eighth at most.
            #expect(bound - next <= next / 8)
            next = bound + 1
        }
        #expect(next == 1 << 44)
        #expect(LogLinearScale.index(of: .max) == LogLinearScale.bucketCount - 1)
    }

    @Test func quantilesAreOfWhatCame() {
        let histogram = Histogram()
        #expect(histogram.snapshot.quantile(0.5) == nil && histogram.snapshot.mean == nil)
        for value in UInt64(1)...1000 { histogram.record(value) }
        let all = histogram.snapshot
        #expect(all.count == 1000 && all.sum == 500_500 && all.mean == 500.5)
        for (part, exact) in [(0.0, 1.0), (0.5, 500), (0.9, 900), (0.99, 990), (1, 1000)] {
            let found = Double(all.quantile(part) ?? 0)
            #expect(found >= exact && found <= exact * 1.125, "\(part): \(found)")
        }
    }

    @Test func whatCameSinceIsTheDifference() {
        let histogram = Histogram()
        histogram.record(.milliseconds(3))
        let first = histogram.snapshot
        histogram.record(.microseconds(7))
        histogram.record(.zero - .seconds(1))
        let later = histogram.snapshot.since(first)
        #expect(later.count == 2 && later.sum == 7000 && later.quantile(0.5) == 0)
        #expect((first + later) == histogram.snapshot)
    }

    /// Nothing is lost among threads.
    @Test func threadsCountTogether() async {
        let histogram = Histogram()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for value in UInt64(0)..<10_000 { histogram.record(value % 100) } }
            }
        }
        #expect(histogram.snapshot.count == 80_000)
        #expect(histogram.snapshot.sum == 8 * 100 * (0..<100).reduce(0, +))
    }
}

@Suite struct MetricRegistryTests {
    private enum Animal: Int, MetricLabel { case cat, seaDog }
    private enum End: Int, MetricLabel { case good, bad, open }

    @Test func whatWasRegisteredIsShownWithWhatItCounted() {
        let registry = MetricRegistry()
        let counter = registry.counter("larder_things_total", "Things.")
        registry.gauge("larder_things", "Things now.", labels: [.init("kind", "a")]) { 1.5 }
        counter.add()
        counter.add(4)
        let samples = registry.samples
        #expect(samples.map(\.name) == ["larder_things_total", "larder_things"])
        #expect(samples.map(\.value) == [.counter(5), .gauge(1.5)])
        #expect(samples.last?.labels == [.init("kind", "a")])
    }

    @Test func aFamilyHasAHistogramForEachCaseAndOutcome() {
        let registry = MetricRegistry()
        let family = HistogramFamily<Animal, End>(
            registry, "larder_naps_seconds", "Naps.", unit: .seconds, kind: "animal",
            outcome: "end")
        family[.seaDog, .bad].record(.seconds(1))
        family[.cat, .open].record(.seconds(2))
        let counted = registry.samples.compactMap { sample -> [String]? in
            guard case .histogram(let found) = sample.value, found.count == 1 else { return nil }
            return sample.labels.map(\.value) + ["\(found.sum)"]
        }
        #expect(counted == [["cat", "open", "2000000000"], ["sea_dog", "bad", "1000000000"]])
        #expect(registry.samples.count == 6)
    }
}
