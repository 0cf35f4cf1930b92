import Control

/// What came of a reload, for the terminal and for the log.
enum ReloadText {
    /// One line, or several where a file is wrong.
    static func line(_ report: ReloadReport) -> String {
        let file = report.file ?? ""
        switch report.outcome {
        case .noFile:
            return "there is nothing to reload: the view was mounted without a configuration file"
        case .refused:
            return "\(file) is wrong, and nothing has changed:\n\(report.problem ?? "")"
        case .unreadable: return "nothing has changed: \(report.problem ?? "")"
        case .applied: break
        }
        var parts: [String] = []
        if !report.changed.isEmpty {
            parts.append("changed " + report.changed.map(text).joined(separator: ", "))
        }
        if !report.needsRemount.isEmpty {
            parts.append(
                "only a remount changes " + report.needsRemount.map(text).joined(separator: ", "))
        }
        if parts.isEmpty { parts.append("nothing in it has changed") }
        return "read \(file) again: " + parts.joined(separator: "; ")
    }

    private static func text(_ change: ReloadReport.Change) -> String {
        "\(change.option) (\(change.before ?? "none") → \(change.after ?? "none"))"
    }
}
