import Control
import Glibc
import Model
import Platform
import Synchronization

/// `larder warm PATH…` and `larder warm --list FILE`.
struct WarmCommand {
    var request: WarmRequest
    var client = ControlClient()
    private let clock = SystemClock()

    init(request: WarmRequest) {
        self.request = request
    }

    /// Between two pictures.
    private static let interval = Duration.milliseconds(200)
    /// How long what is under way may take once nothing more is to be begun.
    private static let patience = Duration.seconds(2)

    /// What the cache was like before, by view; filled as views are met.
    private final class Before: Sendable {
        let disks = Mutexed<[ViewLocator.View: StatusReport.Tier]>([:])
    }

    func run() throws(CommandError) -> ExitCode {
        let events = try SignalEvents([SIGINT, SIGTERM, SIGHUP])
        let locator = try ViewLocator.current()
        let list = try request.list.map { path throws(CommandError) in try open(path) }
        let readers = WarmReaders()
        let before = Before()
        let start = clock.monotonic
        startThread(name: "larder-find") { [request, client] in
            Self.find(request.paths, list, locator, client, readers, before)
            readers.noteComplete()
        }
        let isLive = TerminalMode.isTerminal(2) && Environment.variable("TERM") != "dumb"
        var isInterrupted = false
        var rate = WarmRate()
        while !isInterrupted, !readers.hasEnded {
            if events.wait(Self.interval) != .timeout { isInterrupted = true }
            if isLive { draw(readers, &rate) }
        }
        readers.stop()
        _ = readers.waitForEnd(Self.patience)
        if isLive { Terminal.note("\r\u{1B}[K") }
        return conclude(
            readers, before, seconds: (clock.monotonic - start).inSeconds,
            isInterrupted: isInterrupted)
    }

    private func open(_ path: String) throws(CommandError) -> PathList {
        do throws(Errno) {
            return try PathList(path, isNul: request.isNul)
        } catch {
            throw .failure("cannot read \(path): \(error.message)")
        }
    }

    // MARK: - Finding

    private static func find(
        _ paths: [[UInt8]], _ list: PathList?, _ locator: ViewLocator, _ client: ControlClient,
        _ readers: WarmReaders, _ before: Before
    ) {
        let catalogue = WarmCatalogue(client)
        let visit = { (path: [UInt8]) in
            do throws(CommandError) {
                // Links are followed on the way to what is named, and not below it.
                guard let (view, below) = locator.locate(path) else {
                    throw CommandError(.nothingToDo, "it is not in a view of larder")
                }
                if before.disks.withLock({ $0[view] }) == nil,
                    let disk = try WarmCatalogue.disk(of: view, client)
                {
                    before.disks.withLock { $0[view] = disk }
                }
                try catalogue.learn(view, below)
                let slash = UInt8(ascii: "/")
                let place = below.components.isEmpty ? [] : [slash] + below.bytes
                WarmWalk(
                    cached: { catalogue.cached(view, $0, $1) }, readers: readers
                ).visit(view.mountPoint + place)
            } catch {
                readers.fail(path, error.message)
            }
        }
        for path in paths { visit(path) }
        guard var list else { return }
        do throws(Errno) {
            while let path = try list.next() {
                guard !readers.hasEnded else { return }
                visit(path)
            }
        } catch {
            readers.fail(Array("the list of paths".utf8), error.message)
        }
    }

    // MARK: - Saying

    private func draw(_ readers: WarmReaders, _ rate: inout WarmRate) {
        let figures = readers.figures
        rate.note(figures.bytes, at: clock.monotonic)
        let line = WarmText.progress(
            figures, rate: rate.bytesPerSecond,
            name: String(decoding: readers.current, as: UTF8.self),
            columns: TerminalMode.size(of: 2)?.columns ?? 80)
        Terminal.note("\r\(line)\u{1B}[K")
    }

    private func conclude(
        _ readers: WarmReaders, _ before: Before, seconds: Double, isInterrupted: Bool
    ) -> ExitCode {
        let figures = readers.figures
        for line in WarmText.failures(readers.failures, of: figures.failed) { Terminal.err(line) }
        Terminal.out(WarmText.summary(figures, seconds: seconds))
        if isInterrupted {
            let found = figures.isComplete ? "" : " that were found until then"
            let all = StatusText.count(figures.found, "file")
            Terminal.err(
                "ended before its time, of \(all)\(found); the same command goes on from here")
            return .failure
        }
        if figures.failed > 0 { return .failure }
        var isKept = true
        for (view, disk) in before.disks.withLock({ $0 }) {
            guard let now = try? WarmCatalogue.disk(of: view, client) else { continue }
            let dropped = now.dropped - disk.dropped
            if dropped > 0 {
                let blocks = StatusText.count(
                    Int(clamping: dropped), "block was", plural: "blocks were")
                Terminal.err(
                    "\(view.path): \(blocks) not stored, since the cache's disk did not keep up or is"
                        + " full; the same command fetches them again")
                isKept = false
            }
            if figures.foundBytes > now.limitBytes {
                Terminal.err(
                    "\(view.path): that is \(ByteCount(figures.foundBytes)), and the disk tier holds"
                        + " \(ByteCount(now.limitBytes)): what was fetched first has gone again;"
                        + " `disk=` makes it larger")
                isKept = false
            }
        }
        if !isKept { return .failure }
        return figures.files == 0 ? .nothingToDo : .ok
    }
}

/// Bytes per second, lately.
struct WarmRate {
    /// Over which it is measured.
    private static let window = Duration.seconds(5)

    private var points: [(time: Duration, bytes: Int64)] = []

    mutating func note(_ bytes: Int64, at now: Duration) {
        points.append((now, bytes))
        while points.count > 2, now - points[1].time >= Self.window { points.removeFirst() }
    }

    var bytesPerSecond: Double {
        guard let first = points.first, let last = points.last, last.time > first.time else {
            return 0
        }
        return Double(last.bytes - first.bytes) / (last.time - first.time).inSeconds
    }
}
