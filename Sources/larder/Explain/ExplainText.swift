import Control
import Model

/// An explanation for people.
struct ExplainText {
    var colours: Bool

    /// - Parameter view: the mountpoint.
    func render(_ report: ExplanationReport, view: String) -> String {
        let title = report.path.path.shown(in: view)
        var lines = [TextStyle.bold.paint(title, colours: colours)]
        if let file = report.file {
            lines.append(row("file", Self.file(file)))
            if let content = Self.content(file) { lines.append(row("type", content)) }
        }
        if let habits = report.habits { lines += self.habits(habits, view: view) }
        guard let seen = report.seen else {
            lines.append(row("seen", Self.nothing(report.file)))
            return lines.joined(separator: "\n")
        }
        lines.append(
            row(
                "seen",
                "\(StatusText.count(seen.opens, "open")), \(StatusText.count(seen.reads, "read"))"))
        let sure = ForesightText.ratio(seen.confidence, digits: 0)
        lines.append(row("pattern", "\(seen.pattern.printable), \(sure) sure"))
        lines.append(
            row(
                "steps",
                "consistency \(StatusText.decimal(seen.consistency, digits: 2)),"
                    + " randomness \(StatusText.decimal(seen.randomness, digits: 2))"))
        if let sweep = seen.sweep { lines.append(row("folder", sweep.printable)) }
        if let table = ForesightText.streams(seen.streams, withPaths: false) {
            lines.append("")
            lines += table.lines(colours: colours)
        }
        lines.append("")
        if seen.decisions.isEmpty {
            lines.append("  Nothing was fetched ahead.")
        } else {
            lines += Self.decisions(seen.decisions).lines(colours: colours)
        }
        return lines.joined(separator: "\n")
    }

    /// When, and after what, people open it.
    private func habits(_ habits: ExplanationReport.Habits, view: String) -> [String] {
        let usual = habits.usualBytes.map { ", of which \(ByteCount($0)) are mostly read" } ?? ""
        let sure = ForesightText.ratio(habits.confidence, digits: 0)
        var lines = [
            row(
                "habits",
                "opened \(StatusText.count(habits.opens, "time")), last on"
                    + " \(MomentText.text(habits.lastOpen))\(usual); wanted again: \(sure) sure")
        ]
        for pattern in habits.patterns.prefix(Self.patternsMax) {
            let sure = ForesightText.ratio(pattern.confidence, digits: 0)
            let other = pattern.other.map { " (\($0.path.shown(in: view)))" } ?? ""
            lines.append(row("", "\(pattern.reason.printable)\(other), \(sure) sure"))
        }
        return lines
    }

    private static let patternsMax = 8

    private func row(_ title: String, _ text: String) -> String {
        "  " + title.padded(to: 9) + text
    }

    private static func file(_ file: ExplanationReport.File) -> String {
        switch file.kind {
        case .file: break
        case .folder: return "a folder"
        case .link: return "a symbolic link"
        case .other: return "not a regular file"
        }
        var parts = [ByteCount(file.sizeBytes).description]
        if let type = file.contentType {
            parts.append(type == "userData" ? "user data" : type.printable)
        }
        if let chunk = file.chunkBytes { parts.append("chunks of \(ByteCount(chunk))") }
        return parts.joined(separator: ", ")
    }

    /// By what its type was recognised, and what follows from it beside the chunks.
    private static func content(_ file: ExplanationReport.File) -> String? {
        guard let by = file.recognisedBy else { return nil }
        let named = file.recognisedAs?.printable ?? ""
        let reason =
            switch by {
            case "pattern": "by the pattern \(named) of the configuration"
            case "folder": "by its folder"
            case "extension": "by its extension"
            case "leadingDot": "by the dot in front"
            case "firstBytes": "by its first bytes (\(named))"
            case "nothing": "as nothing tells of another"
            default: by.printable
            }
        var parts = [reason]
        switch file.compression {
        case "never": parts.append("not compressed on disk")
        case "probe": parts.append("compressed on disk if its first chunk shows that it pays")
        case "whileItPays": parts.append("compressed on disk as long as it pays")
        case "always": parts.append("compressed on disk, each chunk by itself")
        default: break
        }
        switch file.tier {
        case "memory": parts.append("stays in memory alone")
        case "disk": parts.append("stays on the disk")
        case "storage": parts.append("stays in the storage tier")
        default: break
        }
        if let threshold = file.prefetchThreshold {
            let least = StatusText.decimal(threshold, digits: 2)
            parts.append("fetched ahead because of others from a probability of \(least)")
        }
        return parts.joined(separator: "; ")
    }

    private static func nothing(_ file: ExplanationReport.File?) -> String {
        switch file?.kind {
        case .file: "no open and no read that is remembered"
        case nil: "never: nobody has looked at it since the mount"
        default: "only files are opened and read; name one"
        }
    }

    private static func decisions(_ decisions: [ExplanationReport.Decision]) -> TextTable {
        TextTable(
            header: ["ago", "reason", "from", "bytes", "fetched", "used", "outcome", "because"],
            rows: decisions.map { decision in
                [
                    StatusText.span(decision.secondsAgo), decision.reason.printable,
                    ByteCount(decision.startBytes).description,
                    ByteCount(decision.endBytes - decision.startBytes).description,
                    ByteCount(decision.issuedBytes).description,
                    ByteCount(decision.usedBytes).description, decision.outcome.printable,
                    decision.because.printable,
                ]
            }, wordColumns: [1, 6, 7])
    }
}
