import Control
import Model

/// One picture of `larder top`: lines that fit the terminal.
struct TopFrame {
    var columns: Int
    var rows: Int
    var colours: Bool

    typealias ViewStatus = StatusCommand.ViewStatus

    /// - Parameter before: the statuses one interval earlier; rates are the difference.
    func lines(_ views: [ViewStatus], before: [ViewStatus]) -> [String] {
        var lines: [String] = []
        for view in views {
            if !lines.isEmpty { lines.append("") }
            let old = before.first { $0.view == view.view }?.status
            lines += self.lines(view, TopRates(from: old, to: view.status))
        }
        if views.isEmpty { lines = [cut("No view is mounted.")] }
        guard lines.count > rows else { return lines }
        let kept = max(0, rows - 1)
        let more = cut("  … \(lines.count - kept) more lines")
        return Array(lines.prefix(kept)) + [TextStyle.faint.paint(more, colours: colours)]
    }

    private func lines(_ view: ViewStatus, _ rates: TopRates?) -> [String] {
        var title = "\(view.view)  of  \(view.share)".printable
        guard let report = view.status else {
            return [
                paint(.bold, title), paint(.bad, "  no answer: \((view.error ?? "").printable)"),
            ]
        }
        title += "  up \(StatusText.span(report.uptimeSeconds))"
        var lines = [paint(.bold, title)]
        if report.state != .ok { lines.append(paint(.bad, "  " + Self.trouble(report))) }
        lines += wrapped("share", Self.share(report.share, rates))
        lines += wrapped("ahead", Self.ahead(report, rates))
        if let restraint = report.foresight?.restraint {
            lines.append(cut("         less is fetched ahead: \(restraint.printable)"))
        }
        lines += table(Self.tiers(report.tiers, rates))
        if let foresight = report.foresight {
            if let scores = ForesightText.scores(foresight.scores) {
                lines += table(scores.keeping(ForesightText.briefScoreColumns))
            }
            if !foresight.streams.isEmpty { lines += table(streams(foresight.streams)) }
        }
        return lines
    }

    // MARK: Lines

    private static func trouble(_ report: StatusReport) -> String {
        let since = report.troubleSeconds.map { " for \(StatusText.span($0))" } ?? ""
        return report.state.text + since + (report.reason.map { ": \($0.printable)" } ?? "")
    }

    private static func share(_ share: StatusReport.Share, _ rates: TopRates?) -> [String] {
        let roundTrip = share.roundTripMilliseconds.map { "\(StatusText.decimal($0)) ms" } ?? "-"
        let reads = rates.map { StatusText.decimal($0.shareReads) } ?? "-"
        return [
            "\(roundTrip) round trip, \(ForesightText.rate(share.bandwidthBytesPerSecond))",
            "now \(ForesightText.rate(rates?.shareBytes)) in \(reads) reads/s",
            "\(share.inFlight) in flight, \(share.waiting) waiting",
        ]
    }

    private static func ahead(_ report: StatusReport, _ rates: TopRates?) -> [String] {
        let now = "now \(ForesightText.rate(rates?.aheadBytes))"
        guard let foresight = report.foresight else { return [now] }
        let accuracy = ForesightText.ratio(ForesightText.accuracy(foresight.scores))
        return [
            ForesightText.strategy(foresight), now, "accuracy \(accuracy)",
            ForesightText.ratios(foresight),
        ]
    }

    /// `title  part; part`, on as many lines as it takes.
    private func wrapped(_ title: String, _ parts: [String]) -> [String] {
        var lines = ["  \(title)  "]
        var isFirst = true
        for part in parts {
            let longer = lines[lines.count - 1] + (isFirst ? "" : "; ") + part
            if isFirst || longer.columns <= columns {
                lines[lines.count - 1] = longer
            } else {
                lines.append("         " + part)
            }
            isFirst = false
        }
        return lines.map(cut)
    }

    // MARK: Tables

    private static func tiers(_ tiers: [StatusReport.Tier], _ rates: TopRates?) -> TextTable {
        TextTable(
            header: ["tier", "used", "of", "full", "now", "hits/s", "hit ratio now", "in all"],
            rows: tiers.map { tier in
                let now = rates?.tiers[tier.name]
                return [
                    tier.name.printable, ByteCount(tier.bytes).description,
                    ByteCount(tier.limitBytes).description,
                    StatusText.percent(tier.bytes, of: tier.limitBytes),
                    ForesightText.rate(now?.servedBytes),
                    now.map { StatusText.decimal($0.hits) } ?? "-",
                    ForesightText.ratio(now?.hitRatio),
                    StatusText.percent(tier.hits, of: tier.hits &+ tier.misses),
                ]
            })
    }

    /// The path gets what the figures leave; what a narrow terminal cuts off stands last.
    private func streams(_ streams: [StreamStatus]) -> TextTable {
        let cells = columns < 110 ? 10 : 20
        var table = TextTable(
            header: ["stream", "program", "position", "", "rate", "ahead", "pattern", "sure"],
            rows: streams.map { stream in
                [
                    "", ForesightText.program(stream), StreamBar.text(stream, cells: cells),
                    StatusText.percent(stream.positionBytes, of: stream.sizeBytes),
                    Self.rate(stream), ByteCount(stream.aheadBytes).description,
                    ForesightText.pattern(stream),
                    ForesightText.ratio(stream.confidence, digits: 0),
                ]
            }, wordColumns: [0, 1, 2, 6])
        let figures = table.lines().map(\.columns).max() ?? 0
        let room = max(Self.pathColumnsMin, columns - figures + table.header[0].columns)
        for (index, stream) in streams.enumerated() {
            table.rows[index][0] = ForesightText.path(stream).cutAtStart(to: room)
        }
        return table
    }

    private static let pathColumnsMin = 16
    /// Readers whose last read is longer ago than this consume nothing now.
    private static let idleSecondsMin = 5.0

    private static func rate(_ stream: StreamStatus) -> String {
        stream.idleSeconds < idleSecondsMin ? ForesightText.rate(stream.bytesPerSecond) : "idle"
    }

    /// With an empty line above.
    private func table(_ table: TextTable) -> [String] {
        [""]
            + table.lines().enumerated().map { index, line in
                index == 0 ? paint(.faint, line) : cut(line)
            }
    }

    private func cut(_ line: String) -> String { line.cut(to: columns) }

    private func paint(_ style: TextStyle, _ line: String) -> String {
        style.paint(cut(line), colours: colours)
    }
}
