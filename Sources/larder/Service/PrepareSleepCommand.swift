import Control
import Model
import Platform

/// `larder prepare-sleep` and `larder end-sleep`: tells every daemon that the machine is about to sleep, and that it is awake
/// again (`systemd/system-sleep/larder`).
///
/// The kernel freezes processes for that, and cannot freeze one that waits for an answer of a FUSE file system: after
/// twenty seconds it gives up sleeping. Readers of a view whose share is silent get their error now and not at the
/// share's deadline. Nor can it freeze who waits for bytes of NFS or SMB, which the daemon's own processes do: these
/// are ended.
struct PrepareSleepCommand {
    static let name = "prepare-sleep"
    static let nameOfEnd = "end-sleep"
    /// A daemon that does not answer must not keep the machine awake either. It may take two seconds.
    static let answerTime = Duration.seconds(4)
    /// For all of them together.
    static let limit = Duration.seconds(5)

    /// Whether it is over.
    var isEnd: Bool

    func run() throws(CommandError) {
        let request: ControlRequest = isEnd ? .wake : .sleep
        let views = try ViewLocator.current().views(nil)
        let client = ControlClient(answerTime: Self.answerTime)
        let open = ConditionMutex(views.count)
        for view in views {
            startThread(name: "sleep") {
                let trouble = Self.tell(view, request, client)
                if let trouble { Terminal.err("\(view.path): \(trouble)") }
                open.withLock { count, condition in
                    count -= 1
                    condition.broadcast()
                }
            }
        }
        _ = open.wait(timeout: Self.limit) { count, _ in count == 0 ? () : nil }
    }

    /// - Returns: what went wrong.
    private static func tell(
        _ view: ViewLocator.View, _ request: ControlRequest, _ client: ControlClient
    ) -> String? {
        do {
            switch try client.ask(request, view: view.mountPoint, owner: view.owner) {
            case .failed(let reason): return reason
            default: return nil
            }
        } catch {
            return error.description
        }
    }
}
