import Control
import Model
import Platform

/// `larder history [PATH] [--forget] [--json]`.
struct HistoryCommand {
    var request: HistoryRequest
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let places = try places()
        if request.forgets { return try forget(places) }
        var found: [Listed] = []
        var hasFailed = false
        for place in places {
            do throws(CommandError) {
                found.append(
                    Listed(
                        view: place.view.path, path: WirePath(place.path),
                        history: try ask(.history(WirePath(place.path)), place.view)))
            } catch {
                Terminal.err(error.message)
                hasFailed = true
            }
        }
        if request.json {
            try Terminal.out(json: Answer(views: found), of: "the history")
        } else if !found.isEmpty {
            let text = HistoryText(colours: Terminal.outHasColours)
            Terminal.out(
                found.map { text.render($0.history, $0.path.path, view: $0.view) }
                    .joined(separator: "\n\n"))
        }
        if hasFailed { return .failure }
        return found.contains { !$0.history.files.isEmpty } ? .ok : .nothingToDo
    }

    private struct Listed: Encodable {
        var view: String
        var path: WirePath
        var history: HistoryReport
    }

    private struct Answer: Encodable {
        var version = 1
        var views: [Listed]
    }

    private struct Place {
        var view: ViewLocator.View
        var path: RelativePath
    }

    /// What the path names, or all of every view.
    private func places() throws(CommandError) -> [Place] {
        let locator = try ViewLocator.current()
        guard let path = request.path else {
            let views = try locator.views(nil)
            guard !views.isEmpty else { throw CommandError(.nothingToDo, "no view is mounted") }
            return views.map { Place(view: $0, path: RelativePath()) }
        }
        // What was forgotten on the share may be remembered here: the path need not lead anywhere.
        guard let (view, below) = locator.locateLocally(path) else {
            throw CommandError(.nothingToDo, ViewLocator.isInNoView(path))
        }
        return [Place(view: view, path: below)]
    }

    private func forget(_ places: [Place]) throws(CommandError) -> ExitCode {
        var count = 0
        for place in places {
            let report = try ask(.forgetHistory(WirePath(place.path)), place.view)
            let shown = place.path.shown(in: place.view.path)
            guard report.isKept else {
                Terminal.out("\(shown): no history is kept")
                continue
            }
            let forgotten = report.forgotten ?? 0
            Terminal.out(
                forgotten == 0
                    ? "\(shown): nothing was remembered"
                    : "\(shown): forgotten, \(StatusText.count(forgotten, "file or folder", plural: "files and folders"))"
            )
            count += forgotten
        }
        return count > 0 ? .ok : .nothingToDo
    }

    private func ask(
        _ question: ControlRequest, _ view: ViewLocator.View
    ) throws(CommandError) -> HistoryReport {
        try view.ask(question, client) { response in
            if case .history(let report) = response { report } else { nil }
        }
    }
}
