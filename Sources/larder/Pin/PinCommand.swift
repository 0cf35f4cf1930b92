import Control
import Model
import Platform

/// `larder pin [PATH…]` and `larder unpin PATH…`.
struct PinCommand {
    var request: PinRequest
    /// `larder unpin`.
    var isEnd = false
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        request.paths.isEmpty ? try list() : try change()
    }

    // MARK: - Changing

    private func change() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        var hasFailed = false
        var hasChanged = false
        for path in request.paths {
            let shown = String(decoding: path, as: UTF8.self).printable
            guard let (view, below) = locator.locate(path) else {
                Terminal.err(ViewLocator.isInNoView(path))
                hasFailed = true
                continue
            }
            do throws(CommandError) {
                let (text, isNew) =
                    isEnd
                    ? try unpin(below, in: view) : try pin(below, in: view)
                Terminal.out("\(shown): \(text)")
                hasChanged = hasChanged || isNew
            } catch {
                Terminal.err("\(shown): \(error.message)")
                hasFailed = true
            }
        }
        return hasFailed ? .failure : hasChanged ? .ok : .nothingToDo
    }

    private func pin(
        _ below: RelativePath, in view: ViewLocator.View
    ) throws(CommandError) -> (String, Bool) {
        let size: TreeSize
        do throws(Errno) {
            // The view's own path: a link on the way here is not what is pinned.
            size = try TreeSize.of(view.mountPoint + [UInt8(ascii: "/")] + below.bytes)
        } catch {
            throw .failure("cannot be looked at (\(error.message)), and is not pinned")
        }
        let report = try ask(
            .pin(WirePath(below), bytes: size.bytes, priority: request.priority), view)
        let unseen = size.unseen == 0 ? "" : ", and \(size.unseen) that could not be looked at"
        let what = "\(StatusText.count(size.files, "file")), \(ByteCount(size.bytes))\(unseen)"
        return (
            Self.pinned(report, what, asked: request.priority), !report.changed.isEmpty
        )
    }

    /// - Parameters:
    ///   - what: is pinned now.
    ///   - priority: that was asked for.
    static func pinned(
        _ report: PinReport, _ what: String, asked priority: PinPriority?
    ) -> String {
        var pinned = "pinned"
        if let priority = report.covering?.priority, priority != .medium {
            pinned += " with \(priority.rawValue) priority"
        }
        let text =
            report.changed.isEmpty
            ? "was \(pinned): \(what); looked through again for what is new"
            : "\(pinned): \(what); what is not in the cache is fetched in the background"
        guard priority != nil, report.covering == nil else { return text }
        return text + "; its daemon is older and keeps no priorities: mount the view anew"
    }

    private func unpin(
        _ below: RelativePath, in view: ViewLocator.View
    ) throws(CommandError) -> (String, Bool) {
        let report = try ask(.unpin(WirePath(below)), view)
        return (Self.freed(report, below, view: view.path), !report.changed.isEmpty)
    }

    /// - Parameter view: the mountpoint.
    static func freed(_ report: PinReport, _ below: RelativePath, view: String) -> String {
        // A daemon that does not say names the first of all pins.
        let above =
            report.covering
            ?? report.pins.first { below.components.starts(with: $0.path.path.components) }
        let others = above?.path.path.shown(in: view)
        guard report.changed.isEmpty else {
            let freed = "given free (\(StatusText.count(report.changed.count, "pin")))"
            return others.map { "\(freed), and pinned with \($0) still" }
                ?? "\(freed): what is cached of it stays until room is needed"
        }
        return others.map { "is pinned with \($0), which would have to be given free" }
            ?? "was not pinned"
    }

    private func ask(
        _ request: ControlRequest, _ view: ViewLocator.View
    ) throws(CommandError) -> PinReport {
        try view.ask(request, client) { response in
            if case .pins(let report) = response { report } else { nil }
        }
    }

    // MARK: - Listing

    private struct Listed: Encodable {
        var view: String
        var pins: PinReport
    }

    private struct Answer: Encodable {
        var version = 1
        var views: [Listed]
    }

    private func list() throws(CommandError) -> ExitCode {
        let views = try ViewLocator.current().views(nil)
        guard !views.isEmpty else {
            throw CommandError(.nothingToDo, "no view is mounted")
        }
        var found: [Listed] = []
        var hasFailed = false
        for view in views {
            do throws(CommandError) {
                found.append(Listed(view: view.path, pins: try ask(.pins, view)))
            } catch {
                Terminal.err(error.message)
                hasFailed = true
            }
        }
        if request.json {
            try Terminal.out(json: Answer(views: found), of: "the pins")
        } else {
            for listed in found where listed.pins.count > 0 || listed.pins.wasLost {
                show(listed)
            }
            if found.allSatisfy({ $0.pins.count == 0 }), !hasFailed {
                Terminal.out("nothing is pinned")
            }
        }
        if hasFailed { return .failure }
        return found.contains { $0.pins.count > 0 } ? .ok : .nothingToDo
    }

    private func show(_ listed: Listed) {
        for pin in listed.pins.pins {
            Terminal.out("\(pin.path.path.shown(in: listed.view)): \(Self.text(pin))")
        }
        let more = listed.pins.count - listed.pins.pins.count
        if more > 0 { Terminal.out("and \(more) more") }
        Terminal.out("  \(Self.text(listed.pins.progress))")
        if listed.pins.wasLost {
            Terminal.out("  what was pinned before this mount could not be read back: pin it again")
        }
    }

    static func text(_ pin: PinReport.Pin) -> String {
        ByteCount(pin.bytes).description
            + (pin.priority.map { ", \($0.rawValue) priority" } ?? "")
    }

    static func text(_ progress: PinReport.Progress) -> String {
        let files = StatusText.count(progress.files, "file")
        let fetched = "\(ByteCount(progress.fetchedBytes)) of it fetched"
        if progress.isAtWork {
            return "looking: \(files) so far, \(ByteCount(progress.bytes)), \(fetched)"
        }
        if progress.failures > 0 {
            return
                "\(files), \(ByteCount(progress.bytes)); \(progress.failures) could not be fetched, and are"
                + " tried again"
        }
        if progress.tooManyFiles > 0 {
            return
                "\(files), \(ByteCount(progress.bytes)); for \(StatusText.count(progress.tooManyFiles, "file"))"
                + " there is no room: make `disk=` larger"
        }
        return progress.isComplete
            ? "all in the cache: \(files), \(ByteCount(progress.bytes))" : "not looked through yet"
    }
}
