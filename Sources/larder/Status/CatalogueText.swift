import Control

/// How far all folders of the share are known, as a line for people.
enum CatalogueText {
    /// nil where there is nothing to say.
    static func line(_ catalogue: StatusReport.Catalogue) -> String? {
        let known =
            StatusText.count(catalogue.folders, "folder") + ", "
            + StatusText.count(catalogue.names, "name")
        var parts: [String]
        switch catalogue.state {
        case .off: return nil
        case .waiting: return "to begin"
        case .walking: parts = ["\(known) so far"]
        case .paused: parts = ["\(known) so far, paused while the share is in use"]
        case .away: parts = ["\(known) so far, waits for the share"]
        case .complete: parts = ["complete: \(known)"]
        case .tooLarge:
            parts = ["given up at \(known); `catalogue=on` lists all the same"]
        case .indexFull: parts = ["given up at \(known): the index is full; `disk=` makes room"]
        }
        if catalogue.skipped > 0 {
            parts.append("\(StatusText.grouped(catalogue.skipped)) left out")
        }
        if let ago = catalogue.lastRoundSeconds, let took = catalogue.lastRoundTookSeconds {
            parts.append("last round \(StatusText.span(ago)) ago, in \(StatusText.span(took))")
        }
        if let next = catalogue.nextRoundSeconds {
            parts.append("next in \(StatusText.span(next))")
        }
        return parts.joined(separator: "; ")
    }
}
