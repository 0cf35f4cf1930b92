import Control
import FoundationEssentials
import Model
import Platform

/// `larder status [VIEW] [--json]`.
struct StatusCommand {
    /// One view in the answer.
    struct ViewStatus: Encodable, Equatable {
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

    var view: String?
    var json: Bool
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        let wanted: [ViewLocator.View]
        if let view {
            guard let found = locator.locate(Array(view.utf8))?.view ?? deadView(locator, view)
            else {
                throw CommandError(.nothingToDo, "\(view) is not in a view of larder")
            }
            wanted = [found]
        } else {
            // Others' views cannot be asked, so they are not listed.
            let us = Environment.userID
            wanted = locator.views.filter { us == 0 || $0.owner == us }
        }
        let found = wanted.map(ask)
        if json {
            do {
                let text = try WireFormat.encode(Answer(views: found), pretty: true)
                Terminal.out(String(decoding: text, as: UTF8.self))
            } catch {
                throw .failure("the status cannot be written as JSON")
            }
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

    /// A mountpoint that no longer answers is not found by resolving paths.
    private func deadView(_ locator: ViewLocator, _ path: String) -> ViewLocator.View? {
        guard let entry = locator.mount(at: path).entry,
            entry.fileSystemType == MountConfiguration.fileSystemType
        else { return nil }
        return ViewLocator.View(entry)
    }

    private func ask(_ view: ViewLocator.View) -> ViewStatus {
        var answer = ViewStatus(view: view.path, share: view.source)
        do {
            switch try client.ask(.status, view: view.mountPoint, owner: view.owner) {
            case .status(let report): answer.status = report
            case .failed(let reason): answer.error = reason
            case .evicted: answer.error = ControlError.badAnswer("another question's").description
            }
        } catch {
            answer.error = error.description
        }
        return answer
    }
}
