import Control
import Model

/// What is expected, for people.
struct ForecastText {
    var colours: Bool
    /// Local time of a second since 1970; tests put their own in.
    var clock: @Sendable (Int64) -> String = MomentText.clock
    var day: @Sendable (Int64) -> String = MomentText.day

    /// - Parameter view: the mountpoint.
    func forecast(_ report: ForecastReport, hours: Int, view: String) -> String {
        var lines = [title(view)]
        guard report.isKept else { return noHistory(view) }
        if report.items.isEmpty {
            lines.append(
                "  Nothing is expected in the next \(StatusText.count(hours, "hour")): habits show"
                    + " after some five times.")
        } else {
            lines += table(report.items).lines(colours: colours)
        }
        if let yesterday = report.yesterday { lines += ["", "  " + Self.sentence(yesterday)] }
        if !report.warms {
            lines.append("  Nothing of it is fetched before its time: warming=off.")
        }
        return lines.joined(separator: "\n")
    }

    /// What would be fetched, when, why, and at what cost.
    func plan(_ report: ForecastReport, view: String) -> String {
        var lines = [title(view)]
        guard report.isKept else { return noHistory(view) }
        guard !report.items.isEmpty else {
            let why =
                report.warms
                ? "nothing that is sure enough is expected soon, or it is a quiet hour"
                : "warming=off"
            return (lines + ["  Nothing would be fetched: \(why)."]).joined(separator: "\n")
        }
        lines += table(report.items).lines(colours: colours)
        let bytes = report.items.reduce(Int64(0)) { $0 + $1.bytes }
        lines += [
            "",
            "  \(StatusText.count(report.items.count, "file")), \(ByteCount(bytes)) at most: what is"
                + " cached is not fetched again.",
        ]
        if let restraint = report.restraint {
            lines.append("  At the moment nothing is fetched: \(restraint.printable).")
        }
        return lines.joined(separator: "\n")
    }

    private func title(_ view: String) -> String {
        TextStyle.bold.paint(view.printable, colours: colours)
    }

    private func noHistory(_ view: String) -> String {
        "\(title(view)): no history is kept, and nothing is expected (history-size=0, there is no disk"
            + " tier, or it could not be opened, as the log says then)"
    }

    private func table(_ items: [ForecastReport.Item]) -> TextTable {
        TextTable(
            header: ["WHEN", "", "SURE", "FETCH", "PRIORITY", "FILE", "WHY"],
            rows: items.map { item in
                [
                    day(item.earliest), "\(clock(item.earliest)) to \(clock(item.latest))",
                    ForesightText.ratio(item.probability, digits: 0),
                    ByteCount(item.bytes).description, item.priority.printable,
                    "\(item.path.path)".printable, item.reason.printable,
                ]
            }, wordColumns: [0, 1, 4, 5, 6])
    }

    static func sentence(_ yesterday: ForecastReport.Yesterday) -> String {
        let right = yesterday.expected.count { $0.openedAt != nil }
        let expected = StatusText.count(yesterday.expected.count, "file was", plural: "files were")
        let opened = StatusText.count(yesterday.opened, "file was", plural: "files were")
        return
            "Of the last 24 hours: \(expected) expected, and \(right) of them opened; \(opened) opened,"
            + " and \(yesterday.openedAsExpected) of them expected."
    }
}
