import Control
import Model
import Platform

/// A history for people.
struct HistoryText {
    var colours: Bool
    /// Local time of a second since 1970; tests put their own in.
    var moment: @Sendable (Int64) -> String = MomentText.text

    /// - Parameter view: the mountpoint.
    func render(_ report: HistoryReport, _ path: RelativePath, view: String) -> String {
        let title = TextStyle.bold.paint(path.shown(in: view), colours: colours)
        guard report.isKept else {
            return "\(title): no history is kept (history-size=0, there is no disk tier, or"
                + " it could not be opened, as the log says then)"
        }
        var lines = [title]
        if let trouble = report.trouble {
            lines.append("  what was done last could not be written: \(trouble.printable)")
        }
        guard !report.files.isEmpty else {
            lines.append("  Nothing is remembered.")
            return lines.joined(separator: "\n")
        }
        lines += files(report.files, below: path, view: view).lines(colours: colours)
        if !report.opens.isEmpty {
            lines.append("")
            lines += opens(report.opens).lines(colours: colours)
        }
        if path.components.isEmpty {
            lines.append("")
            lines.append("  \(ByteCount(report.allocatedBytes)) on the disk")
        }
        return lines.joined(separator: "\n")
    }

    private func files(
        _ files: [HistoryReport.File], below path: RelativePath, view: String
    ) -> TextTable {
        TextTable(
            header: ["OPENS", "LAST", "EVERY", "READ", "FILE"],
            rows: files.map { file in
                [
                    "\(file.opens)", file.lastOpen.map(moment) ?? "-",
                    file.meanIntervalSeconds.map { StatusText.span($0) } ?? "-",
                    ByteCount(file.readBytes).description,
                    "\(file.path.path)".printable,
                ]
            }, wordColumns: [1, 4])
    }

    private func opens(_ opens: [HistoryReport.Open]) -> TextTable {
        TextTable(
            header: ["OPENED", "BY", "USER"],
            rows: opens.map { open in
                [
                    moment(open.at), open.program.isEmpty ? "-" : open.program.printable,
                    "\(open.userID)",
                ]
            }, wordColumns: [0, 1])
    }
}
