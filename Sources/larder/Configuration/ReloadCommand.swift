import Control
import Model

/// `larder reload VIEW` and `larder reload NAME`.
struct ReloadCommand {
    /// A view, or the name of the configuration that it was mounted by.
    var view: String
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let view = try ViewLocator.current().view(mountedBy: self.view, .current(), client)
        let report = try view.ask(.reload, client) { response in
            if case .reloaded(let report) = response { report } else { nil }
        }
        let text = "\(view.path): \(ReloadText.line(report))"
        switch report.outcome {
        case .applied:
            Terminal.out(text)
            return .ok
        case .noFile: throw CommandError(.nothingToDo, text)
        case .refused: throw .usage(text)
        case .unreadable: throw .failure(text)
        }
    }
}
