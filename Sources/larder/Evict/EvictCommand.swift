import Control
import Model
import Platform

/// `larder evict PATH…`.
struct EvictCommand {
    var paths: [[UInt8]]
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        var perView: [ViewLocator.View: [WirePath]] = [:]
        var order: [ViewLocator.View] = []
        var failed = false
        for path in paths {
            guard let (view, below) = locator.locate(path) else {
                let shown = String(decoding: path, as: UTF8.self).printable
                Terminal.err("\(shown) is not in a view of larder")
                failed = true
                continue
            }
            if perView[view] == nil { order.append(view) }
            perView[view, default: []].append(WirePath(below))
        }
        var freedAnything = false
        for view in order {
            for batch in Self.batches(perView[view] ?? []) {
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

    /// Requests that stay below the bounds of the protocol, however many paths a shell's glob made.
    static func batches(_ paths: [WirePath]) -> [[WirePath]] {
        var batches: [[WirePath]] = []
        var bytes = 0
        for path in paths {
            // A byte is at most six in JSON (`\u0001`), or five where a path is an array of
            // numbers.
            let cost = path.path.bytes.count * 6 + 8
            let isFull = bytes + cost > WireFormat.requestBytesMax - 1024
            if batches.isEmpty || isFull
                || batches[batches.count - 1].count == ControlRequest.pathsMax
            {
                batches.append([])
                bytes = 0
            }
            batches[batches.count - 1].append(path)
            bytes += cost
        }
        return batches
    }

    static func line(_ report: EvictionReport, view: String) -> String {
        let path = report.path.path
        let shown = (path.components.isEmpty ? view : "\(view)/\(path)").printable
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
