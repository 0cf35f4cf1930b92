import Control
import FoundationEssentials
import Model
import Platform

/// `larder explain PATH [--json]`.
struct ExplainCommand {
    var path: [UInt8]
    var json: Bool
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        guard let (view, below) = try ViewLocator.current().locate(path) else {
            let shown = String(decoding: path, as: UTF8.self).printable
            throw CommandError(.nothingToDo, "\(shown) is not in a view of larder")
        }
        let report = try view.ask(.explain(WirePath(below)), client) { response in
            if case .explained(let report) = response { report } else { nil }
        }
        if json {
            try Terminal.out(json: report, of: "the explanation")
        } else {
            let text = ExplainText(colours: Terminal.outHasColours)
            Terminal.out(text.render(report, view: view.path))
        }
        return report.seen == nil ? .nothingToDo : .ok
    }
}
