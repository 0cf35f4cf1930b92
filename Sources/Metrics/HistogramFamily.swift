/// What tells the histograms of a family apart: cases numbered from 0, which are shown by their names.
public protocol MetricLabel: CaseIterable, RawRepresentable<Int>, Sendable {}

extension MetricLabel {
    /// The name of the case, with underscores as OpenMetrics has them: `copyFileRange` is `copy_file_range`.
    var label: String {
        "\(self)".reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
    }
}

/// Histograms of one name, one for each case of a kind and each outcome.
public struct HistogramFamily<Kind: MetricLabel, Outcome: MetricLabel>: Sendable {
    private let histograms: [Histogram]
    private let outcomes = Outcome.allCases.count

    /// - Parameters:
    ///   - kind: the name of the label that tells kinds apart.
    ///   - outcome: likewise.
    public init(
        _ registry: MetricRegistry, _ name: String, _ help: String, unit: MetricRegistry.Unit,
        kind: String, outcome: String
    ) {
        histograms = Kind.allCases.flatMap { each in
            Outcome.allCases.map { end in
                registry.histogram(
                    name, help, unit: unit,
                    labels: [.init(kind, each.label), .init(outcome, end.label)])
            }
        }
    }

    public subscript(kind: Kind, outcome: Outcome) -> Histogram {
        histograms[kind.rawValue &* outcomes &+ outcome.rawValue]
    }
}
