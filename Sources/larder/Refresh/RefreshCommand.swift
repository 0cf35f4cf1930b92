import Control
import Model

/// `larder refresh [PATH…]`.
struct RefreshCommand {
    /// None: every view.
    var paths: [[UInt8]]
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        // Looking at the path itself would ask the share for it, by what is known now.
        var gathered = PathsByView(paths) { locator.locateLocally($0) }
        if paths.isEmpty {
            for view in try locator.views(nil) { gathered.add(RelativePath(), of: view) }
            guard !gathered.views.isEmpty else {
                throw CommandError(
                    .nothingToDo, "no view is mounted; `larder mount SHARE VIEW` mounts one")
            }
        }
        var failed = gathered.hasFailed
        for view in gathered.views {
            do throws(CommandError) {
                for batch in gathered.batches(of: view) {
                    let reports = try view.ask(.refresh(batch), client) { response in
                        if case .refreshed(let reports) = response { reports } else { nil }
                    }
                    for report in reports { Terminal.out(Self.line(report, view: view.path)) }
                }
            } catch {
                Terminal.err(error.message)
                failed = true
            }
        }
        return failed ? .failure : .ok
    }

    static func line(_ report: RefreshReport, view: String) -> String {
        let shown = report.path.path.shown(in: view)
        guard report.known > 0 else {
            return "\(shown): the share is asked at the next look; nothing was known of it yet"
        }
        let known = StatusText.count(
            report.known, "name is", plural: "names are")
        return "\(shown): the share is asked at the next look; \(known) believed no more"
    }
}
