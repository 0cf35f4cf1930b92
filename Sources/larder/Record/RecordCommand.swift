import Control
import Glibc
import Model
import Platform

/// `larder record VIEW -o TRACE [--names full|hashed|none] [--duration TIME]`.
struct RecordCommand {
    var request: RecordRequest
    var client = ControlClient()
    private let clock = SystemClock()

    init(request: RecordRequest) {
        self.request = request
    }

    /// Between two questions. The daemon keeps 64 Ki records, so that 250,000 accesses a second pass.
    private static let interval = Duration.milliseconds(250)

    /// What is known while it runs.
    private struct Progress {
        var daemon: Int32
        /// Number of the last record that we have.
        var last: UInt64
        var now: Int64
        var lost: UInt64 = 0
    }

    func run() throws(CommandError) -> ExitCode {
        let view = try ViewLocator.current().view(named: request.view)
        // From here on: what happens before the first record is asked for is not ours.
        let events = try SignalEvents([SIGINT, SIGTERM, SIGHUP])
        let first = try ask(view, after: 0, max: 0)
        var progress = Progress(daemon: first.pid, last: first.newest, now: first.nowMicroseconds)
        let place = request.output ?? "standard output"
        do throws(TraceWriter.Failure) {
            var writer = try TraceWriter(path: request.output, veil: PathVeil(request.names))
            var order = TraceOrder()
            try writer.flush()
            Terminal.err("recording \(view.path) in \(place) until ^C or SIGTERM")
            let end = request.duration.map { clock.monotonic + $0 }
            var trouble: CommandError?
            while trouble == nil {
                let left = end.map { $0 - clock.monotonic } ?? Self.interval
                let isOver = events.wait(min(left, Self.interval)) != .timeout || left <= .zero
                do throws(CommandError) {
                    try fetch(view, &progress, &order, &writer)
                } catch {
                    trouble = error
                }
                let isLast = isOver || trouble != nil
                writer.write(isLast ? order.releaseAll() : order.release(now: progress.now))
                try writer.flush()
                if isOver { break }
            }
            try writer.finish()
            return conclude(writer, progress, late: order.late, trouble, place: place)
        } catch {
            switch error {
            case .nobodyReads: return .ok
            case .refused(let refusal):
                throw .failure(refusal.description)
            case .failed(let path, let errno):
                throw .failure("cannot write \(path): \(errno.message)")
            }
        }
    }

    /// Everything up to now.
    private func fetch(
        _ view: ViewLocator.View, _ progress: inout Progress, _ order: inout TraceOrder,
        _ writer: inout TraceWriter
    ) throws(CommandError) {
        var goal: UInt64?
        while goal == nil || progress.last < goal ?? 0 {
            let batch = try ask(view, after: progress.last, max: ControlRequest.recordsMax)
            guard batch.pid == progress.daemon, batch.newest >= progress.last else {
                throw .failure(
                    "\(view.path) was mounted anew; its old daemon's last words are lost")
            }
            progress.now = batch.nowMicroseconds
            progress.lost += batch.lost
            // What comes meanwhile is for the next time: this must end under any load.
            goal = goal ?? batch.newest
            guard let last = batch.records.last else { return }
            progress.last = last.sequence
            writer.list(batch.files)
            order.add(batch)
        }
    }

    private func conclude(
        _ writer: TraceWriter, _ progress: Progress, late: Int, _ trouble: CommandError?,
        place: String
    ) -> ExitCode {
        let accesses = StatusText.count(writer.lines, "access", plural: "accesses")
        let files = request.output == nil ? "" : " to " + StatusText.count(writer.files, "file")
        Terminal.err("recorded \(accesses)\(files) in \(place)")
        if late > 0 {
            let seconds = TraceOrder.windowMicroseconds / 1_000_000
            Terminal.err(
                "\(StatusText.grouped(late)) of them were answered more than \(seconds) s late"
                    + " and stand after others that came later")
        }
        if progress.lost > 0 {
            Terminal.err(
                "\(StatusText.grouped(progress.lost)) accesses came faster than they could be"
                    + " fetched and are missing")
        }
        if let trouble { Terminal.err("the recording ended early: \(trouble.message)") }
        return trouble == nil && progress.lost == 0 ? .ok : .failure
    }

    private func ask(
        _ view: ViewLocator.View, after: UInt64, max: Int
    ) throws(CommandError) -> AccessBatch {
        try view.ask(.records(after: after, max: max), client) { response in
            if case .accesses(let batch) = response { batch } else { nil }
        }
    }
}
