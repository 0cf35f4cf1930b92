/// What doctor found, for people: a line for each finding, and below it what to do.
struct DoctorText {
    var colours: Bool

    private static let levelColumns = Finding.Level.allCases.map(\.rawValue.count).max() ?? 0

    func render(_ report: DoctorReport) -> String {
        var lines = [title("this machine")] + report.machine.flatMap(finding)
        for view in report.views {
            let share = TextStyle.faint.paint("  of  ", colours: colours) + view.share.printable
            lines += ["", title(view.view) + share] + view.findings.flatMap(finding)
        }
        return (lines + ["", summary(report)]).joined(separator: "\n")
    }

    private func title(_ text: String) -> String {
        TextStyle.bold.paint(text.printable, colours: colours)
    }

    private func finding(_ finding: Finding) -> [String] {
        let level = paint(finding.level, finding.level.rawValue.padded(to: Self.levelColumns))
        let path = finding.path.map { "\($0): " } ?? ""
        let line = "  \(level)  \(path.printable)\(finding.says.printable)"
        guard let advice = finding.advice else { return [line] }
        let indent = String(repeating: " ", count: Self.levelColumns + 4)
        return [line, "\(indent)-> \(advice.printable)"]
    }

    private func paint(_ level: Finding.Level, _ text: String) -> String {
        switch level {
        case .ok: TextStyle.good.paint(text, colours: colours)
        case .note: TextStyle.faint.paint(text, colours: colours)
        case .warning: TextStyle.bold.paint(text, colours: colours)
        case .problem: TextStyle.bad.paint(text, colours: colours)
        }
    }

    private func summary(_ report: DoctorReport) -> String {
        let count = { (level: Finding.Level) in report.all.filter { $0.level == level }.count }
        let parts = [
            count(.problem) > 0 ? StatusText.count(count(.problem), "problem") : "no problem",
            count(.warning) > 0 ? StatusText.count(count(.warning), "warning") : "no warning",
            count(.note) > 0 ? StatusText.count(count(.note), "note") : nil,
        ].compactMap { $0 }
        return paint(report.worst, parts.joined(separator: ", "))
    }
}
