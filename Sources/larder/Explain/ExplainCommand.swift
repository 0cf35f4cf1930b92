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
        let report = try ask(view, below)
        if json {
            do {
                let text = try WireFormat.encode(report, pretty: true)
                Terminal.out(String(decoding: text, as: UTF8.self))
            } catch {
                throw .failure("the explanation cannot be written as JSON")
            }
        } else {
            let text = ExplainText(colours: Terminal.outHasColours)
            Terminal.out(text.render(report, view: view.path))
        }
        return report.seen == nil ? .nothingToDo : .ok
    }

    private func ask(
        _ view: ViewLocator.View, _ path: RelativePath
    ) throws(CommandError) -> ExplanationReport {
        let answer: ControlResponse
        do {
            answer = try client.ask(
                .explain(WirePath(path)), view: view.mountPoint, owner: view.owner)
        } catch {
            throw .failure("\(view.path): \(error.description)")
        }
        switch answer {
        case .explained(let report): return report
        case .failed(let reason): throw .failure("\(view.path): \(reason)")
        default: throw CommandError(ControlError.badAnswer("another question's"))
        }
    }
}
