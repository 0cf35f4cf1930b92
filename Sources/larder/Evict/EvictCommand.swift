import Control
import Model
import Platform

/// `larder evict PATH…`.
struct EvictCommand {
    var paths: [[UInt8]]
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        let gathered = PathsByView(paths) { locator.locate($0) }
        var failed = gathered.hasFailed
        var freedAnything = false
        for view in gathered.views {
            for batch in gathered.batches(of: view) {
                switch ask(view, batch) {
                case .success(let reports):
                    for report in reports {
                        let text = Self.line(report, view: view.path)
                        report.error == nil ? Terminal.out(text) : Terminal.err(text)
                        freedAnything = freedAnything || !report.isEmpty
                        failed = failed || report.error != nil
                    }
                case .failure(let error):
                    Terminal.err("\(view.path): \(error.message)")
                    failed = true
                }
            }
        }
        if failed { return .failure }
        return freedAnything ? .ok : .nothingToDo
    }

    private func ask(
        _ view: ViewLocator.View, _ paths: [WirePath]
    ) -> Result<[EvictionReport], CommandError> {
        do {
            switch try client.ask(.evict(paths), view: view.mountPoint, owner: view.owner) {
            case .evicted(let reports): return .success(reports)
            case .failed(let reason): return .failure(.failure(reason))
            default:
                return .failure(CommandError(ControlError.badAnswer("another question's")))
            }
        } catch {
            return .failure(CommandError(error))
        }
    }

    static func line(_ report: EvictionReport, view: String) -> String {
        let shown = report.path.path.shown(in: view)
        if let error = report.error { return "\(shown): \(error.printable)" }
        if report.isEmpty { return "\(shown): nothing was cached" }
        var parts: [String] = []
        if report.chunks > 0 {
            let files = StatusText.count(report.files, "file")
            let chunks = StatusText.count(report.chunks, "chunk")
            parts.append("\(ByteCount(report.bytes)) in \(chunks) of \(files)")
        } else if report.bytes > 0 {
            parts.append("\(ByteCount(report.bytes))")
        }
        if report.listings > 0 { parts.append(StatusText.count(report.listings, "listing")) }
        if parts.isEmpty { parts.append("what was known of it") }
        return "\(shown): forgot " + parts.joined(separator: ", ")
    }
}
