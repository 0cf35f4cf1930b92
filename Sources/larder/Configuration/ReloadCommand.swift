import Control
import Model

/// `larder reload VIEW`.
struct ReloadCommand {
    var view: String
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let view = try ViewLocator.current().view(named: self.view)
        let report: ReloadReport
        do {
            switch try client.ask(.reload, view: view.mountPoint, owner: view.owner) {
            case .reloaded(let answer): report = answer
            case .failed(let reason): throw CommandError.failure("\(view.path): \(reason)")
            default: throw CommandError(ControlError.badAnswer("another question's"))
            }
        } catch let error as CommandError {
            throw error
        } catch {
            throw .failure("\(view.path): \(error)")
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
