import Control
import Model

/// `larder refresh [PATH…]`.
struct RefreshCommand {
    /// None: every view.
    var paths: [[UInt8]]
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        var perView: [ViewLocator.View: [WirePath]] = [:]
        var order: [ViewLocator.View] = []
        var failed = false
        for path in paths {
            // Looking at the path itself would ask the share for it, by what is known now.
            guard let (view, below) = locator.locateLocally(path) else {
                let shown = String(decoding: path, as: UTF8.self).printable
                Terminal.err("\(shown) is not in a view of larder")
                failed = true
                continue
            }
            if perView[view] == nil { order.append(view) }
            perView[view, default: []].append(WirePath(below))
        }
        if paths.isEmpty {
            order = try locator.views(nil)
            for view in order { perView[view] = [WirePath(RelativePath())] }
            guard !order.isEmpty else {
                throw CommandError(
                    .nothingToDo, "no view is mounted; `larder mount SHARE VIEW` mounts one")
            }
        }
        for view in order {
            do throws(CommandError) {
                for batch in EvictCommand.batches(perView[view] ?? []) {
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
        let path = report.path.path
        let shown = (path.components.isEmpty ? view : "\(view)/\(path)").printable
        guard report.known > 0 else {
            return "\(shown): the share is asked at the next look; nothing was known of it yet"
        }
        let known = StatusText.count(
            report.known, "name is", plural: "names are")
        return "\(shown): the share is asked at the next look; \(known) believed no more"
    }
}
