import Control

/// `larder offline VIEW` and `larder online VIEW`.
struct OfflineCommand {
    var view: String
    /// Whether the share is to be asked again.
    var isEnd: Bool
    var client = ControlClient()

    func run() throws(CommandError) {
        let view = try ViewLocator.current().view(named: self.view)
        let before = try ask(.status, view)
        guard let isOffline = before.isOfflineByRequest else {
            throw .failure("\(view.path): its daemon (\(before.program)) is too old for that")
        }
        guard isOffline == isEnd else {
            throw CommandError(
                .nothingToDo,
                isEnd
                    ? "\(view.path) is not offline by request; `larder status` says how it does"
                    : "\(view.path) is offline already")
        }
        _ = try ask(isEnd ? .online : .offline, view)
        Terminal.out(
            isEnd
                ? "\(view.path) asks its share again"
                : "\(view.path) is offline until `larder online \(view.path)` or its next mount:"
                    + " what is cached is served, and the share is asked for nothing")
    }

    private func ask(
        _ request: ControlRequest, _ view: ViewLocator.View
    ) throws(CommandError) -> StatusReport {
        try view.ask(request, client) { response in
            if case .status(let report) = response { report } else { nil }
        }
    }
}
