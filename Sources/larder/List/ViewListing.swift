import Control
import Model
import Platform

/// One line of `larder list`, as `--json` prints it (docs/STATUS_SCHEMA.md).
struct ListedView: Encodable, Equatable, Sendable {
    enum State: String, Encodable, Sendable {
        case ok, shareUnreachable, cacheDegraded
        /// The daemon has gone, and its mount is left.
        case dead
        /// The daemon did not answer in time.
        case noAnswer
        /// A daemon runs, and its view is not mounted where we see it: taken away under its users, or in another
        /// mount namespace.
        case notMounted
        /// Somebody else's; or served by a daemon whose socket is not where it is looked for.
        case unknown
    }

    var view: String
    var share: String
    /// Who mounted it.
    var userID: UInt32
    var state: State
    var pid: Int32?
    /// Cached in memory, and on disk; missing where the daemon did not say.
    var memoryBytes: Int64?
    var diskBytes: Int64?
}

/// Finds the views of this machine.
struct ViewListing: Sendable {
    /// How long a daemon may take to answer; all are asked at the same time.
    static let answerTime = Duration.seconds(2)

    var locator: ViewLocator
    var client = ControlClient(answerTime: answerTime)
    var surveyor = Surveyor()
    var userID = Environment.userID
    var runtimes = RuntimeDirectory.all()

    /// Those in the mount table, whoever mounted them, and those of our daemons (for root, of everybody's) that are not
    /// in it; by path.
    func views() -> [ListedView] {
        let mounted = locator.views
        let listed = concurrently(mounted, thread: "ask") { ask($0) }
        let known = Set(mounted.map(\.path))
        let others = registered().filter { !known.contains($0.view) }
        return (listed + others).sorted { ($0.view, $0.userID) < ($1.view, $1.userID) }
    }

    private func ask(_ view: ViewLocator.View) -> ListedView {
        var listed = ListedView(
            view: view.path, share: view.source, userID: view.owner, state: .unknown)
        guard userID == 0 || userID == view.owner else { return listed }
        do {
            guard
                case .status(let report) = try client.ask(
                    .status, view: view.mountPoint, owner: view.owner)
            else { return listed }
            listed.state = ListedView.State(report.state)
            listed.pid = report.pid
            listed.memoryBytes = report.tiers.first { $0.name == "memory" }?.bytes
            listed.diskBytes = report.tiers.first { $0.name == "disk" }?.bytes
        } catch ControlError.noAnswer {
            listed.state = .noAnswer
        } catch {
            // Its socket may lie where we do not look; whether it lives, the mount itself tells.
            switch surveyor.ask(Survey(.answer, view.path)) {
            case .failed(.notConnected), .failed(.connectionAborted): listed.state = .dead
            case .silent: listed.state = .noAnswer
            default: break
            }
        }
        return listed
    }

    private func registered() -> [ListedView] {
        runtimes.flatMap { runtime -> [ListedView] in
            guard let directory = try? runtime.open() else { return [] }
            return MountRegistry(directory).entries().map { entry in
                ListedView(
                    view: entry.view, share: entry.share, userID: runtime.owner,
                    state: .notMounted, pid: entry.pid)
            }
        }
    }
}

extension ListedView.State {
    init(_ state: StatusReport.State) {
        switch state {
        case .ok: self = .ok
        case .shareUnreachable: self = .shareUnreachable
        case .cacheDegraded: self = .cacheDegraded
        }
    }

    /// As people read it.
    var text: String {
        switch self {
        case .ok: StatusReport.State.ok.text
        case .shareUnreachable: StatusReport.State.shareUnreachable.text
        case .cacheDegraded: StatusReport.State.cacheDegraded.text
        case .dead: "dead: daemon gone"
        case .noAnswer: "no answer"
        case .notMounted: "running, not mounted"
        case .unknown: "not known"
        }
    }
}
