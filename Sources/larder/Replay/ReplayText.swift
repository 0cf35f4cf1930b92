import Model
import Replay

/// The tables of `larder replay` for people.
enum ReplayText {
    static func render(_ report: TraceReport) -> String {
        var blocks = [title(report)]
        if !report.methods.isEmpty { blocks.append(methods(report)) }
        if let eviction = report.eviction { blocks.append(policies(eviction)) }
        if let correlation = report.correlation { blocks.append(correlations(correlation)) }
        return blocks.joined(separator: "\n") + "\n"
    }

    private static func title(_ report: TraceReport) -> String {
        let unit = ByteCount(Int64(report.unitBytes))
        let clock = report.hasClock ? "" : ", no clock"
        return "\(report.trace): \(StatusText.grouped(report.events)) events,"
            + " \(StatusText.grouped(report.files)) files,"
            + " working set \(StatusText.grouped(report.workingSetUnits)) x \(unit),"
            + " cache \(ByteCount(report.memoryBytes))\(clock)"
    }

    private static func methods(_ report: TraceReport) -> String {
        let header = [
            "method", "coverage", "accuracy", "traffic", "score", "late", "hit ratio", "stall s",
            "/linux1M", "missed", "issued", "used",
        ]
        let rows = report.methods.map { row in
            [
                row.method, fixed(row.coverage, 4), fixed(row.accuracy, 4), fixed(row.traffic, 3),
                fixed(row.score, 3), fixed(row.lateShare, 4), fixed(row.hitRatio, 4),
                fixed(row.stallSeconds, 3), fixed(row.stallToLinux, 3), "\(row.missed)",
                "\(row.issued)", "\(row.used)",
            ]
        }
        return table(header, rows)
    }

    private static func policies(_ report: EvictionReport) -> String {
        let title =
            "  eviction: \(StatusText.grouped(report.accesses)) accesses to"
            + " \(StatusText.grouped(report.distinctChunks)) chunks of"
            + " \(ByteCount(Int64(report.chunkBytes))), cache of"
            + " \(StatusText.grouped(report.cacheChunks))"
        let rows = report.policies.map { row in
            [row.policy, fixed(row.hitRatio, 4), fixed(row.ofOptimum, 3), "\(row.hits)"]
        }
        return title + "\n" + table(["policy", "hit ratio", "/optimum", "hits"], rows)
    }

    private static func correlations(_ report: CorrelationReport) -> String {
        let title =
            "  correlations: \(StatusText.grouped(report.accesses)) accesses judged,"
            + " \(StatusText.grouped(report.misses)) misses by least recent use alone,"
            + " \(StatusText.grouped(report.distinctChunks)) chunks of"
            + " \(ByteCount(Int64(report.chunkBytes))), cache of"
            + " \(StatusText.grouped(report.cacheChunks))"
        let header = [
            "rules", "misses", "predicted", "issued", "used", "unused", "precision", "coverage",
            "extra",
        ]
        let rows = [("frozen", report.frozen), ("online", report.online)]
        let cells = rows.map { name, row in
            [
                name, "\(row.misses)", "\(row.predicted)", "\(row.issued)", "\(row.used)",
                "\(row.unused)", fixed(row.precision, 4), fixed(row.coverage, 4),
                fixed(row.extraTraffic, 4),
            ]
        }
        return ([title, table(header, cells)] + rows.map { switches($0, $1) })
            .joined(separator: "\n")
    }

    /// When the rules were only watched.
    private static func switches(_ name: String, _ row: CorrelationRow) -> String {
        guard !row.switchedOffAt.isEmpty else { return "  \(name): never switched off" }
        let shownMax = 5
        let list = { (positions: [Int]) in
            positions.prefix(shownMax).map { StatusText.grouped($0) }.joined(separator: "; ")
                + (positions.count > shownMax ? "; … (\(positions.count) times)" : "")
        }
        let back =
            row.switchedOnAt.isEmpty ? "" : ", on again at access \(list(row.switchedOnAt))"
        return "  \(name): switched off at access \(list(row.switchedOffAt))\(back),"
            + " \(row.isOff ? "off" : "on") at the end"
    }

    static func table(_ header: [String], _ rows: [[String]]) -> String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([header] + rows).map { cells in
            var line = "  " + cells[0].padded(to: widths[0])
            for column in 1..<cells.count {
                line += "  " + cells[column].alignedRight(to: widths[column])
            }
            return line
        }.joined(separator: "\n")
    }

    /// A number with so many digits behind the point; `-` for none.
    static func fixed(_ value: Double?, _ decimals: Int) -> String {
        guard let value, value.isFinite, abs(value) < 1e12 else { return "-" }
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((abs(value) * Double(scale)).rounded())
        let digits = String(scaled % scale)
        let zeros = String(repeating: "0", count: decimals - digits.count)
        return "\(value < 0 && scaled > 0 ? "-" : "")\(scaled / scale).\(zeros)\(digits)"
    }
}
