import Control
import FoundationEssentials
import Model
import Platform

/// `larder status [VIEW] [--json]`.
struct StatusCommand {
    /// One view in the answer.
    struct ViewStatus: Encodable, Equatable, Sendable {
        var view: String
        var share: String
        /// nil when the daemon did not answer; ``error`` says why.
        var status: StatusReport?
        var error: String?
    }

    private struct Answer: Encodable {
        var version = StatusReport.versionNow
        var views: [ViewStatus]
    }

    /// How long a daemon may take to answer; all are asked at the same time.
    static let answerTime = Duration.seconds(5)

    var view: String?
    var json: Bool
    var client = ControlClient(answerTime: answerTime)

    func run() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        let client = client
        let found = concurrently(try locator.views(view), thread: "ask") { Self.ask($0, client) }
        if json {
            try Terminal.out(json: Answer(views: found), of: "the status")
        } else if found.isEmpty {
            throw CommandError(
                .nothingToDo, "no view is mounted; `larder mount SHARE VIEW` mounts one")
        } else {
            let text = StatusText(colours: Terminal.outHasColours)
            Terminal.out(found.map(text.render).joined(separator: "\n\n"))
        }
        if found.isEmpty { return .nothingToDo }
        return found.contains { $0.status == nil } ? .failure : .ok
    }

    static func ask(_ view: ViewLocator.View, _ client: ControlClient) -> ViewStatus {
        var answer = ViewStatus(view: view.path, share: view.source)
        do {
            switch try client.ask(.status, view: view.mountPoint, owner: view.owner) {
            case .status(let report): answer.status = report
            case .failed(let reason): answer.error = reason
            default: answer.error = ControlError.badAnswer("another question's").description
            }
        } catch {
            answer.error = error.description
        }
        return answer
    }
}
