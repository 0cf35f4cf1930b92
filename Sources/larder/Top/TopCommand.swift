import Control
import Glibc
import Model
import Platform

/// `larder top [VIEW] [--interval TIME] [--once]`.
struct TopCommand {
    var request: TopRequest
    /// A daemon that does not answer must not keep a key waiting for long.
    var client = ControlClient(answerTime: .seconds(2))
    private let clock = SystemClock()

    init(request: TopRequest) {
        self.request = request
    }

    /// Where there is no terminal to ask; wide enough for every table.
    private static let columnsUsual = 120

    // ECMA-48 and xterm's private modes.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"
    private static let home = "\u{1B}[H"
    private static let endOfLine = "\u{1B}[K"
    private static let below = "\u{1B}[J"

    func run() throws(CommandError) -> ExitCode {
        let views = try ViewLocator.current().views(request.view)
        guard !views.isEmpty else {
            throw CommandError(
                .nothingToDo, "no view is mounted; `larder mount SHARE VIEW` mounts one")
        }
        let isLive =
            !request.once && TerminalMode.isTerminal(1)
            && Environment.variable("TERM") != "dumb"
        if isLive {
            try live(views)
            return .ok
        }
        return once(views)
    }

    private func ask(_ views: [ViewLocator.View]) -> [StatusCommand.ViewStatus] {
        let client = client
        return concurrently(views, thread: "ask") { StatusCommand.ask($0, client) }
    }

    private func once(_ views: [ViewLocator.View]) -> ExitCode {
        let before = ask(views)
        Pause.wait(request.interval)
        let now = ask(views)
        let frame = TopFrame(
            columns: TerminalMode.size(of: 1)?.columns ?? Self.columnsUsual, rows: .max,
            colours: Terminal.outHasColours)
        Terminal.out(frame.lines(now, before: before).joined(separator: "\n"))
        return now.contains { $0.status == nil } ? .failure : .ok
    }

    private func live(_ views: [ViewLocator.View]) throws(CommandError) {
        let events = try SignalEvents([SIGINT, SIGTERM, SIGHUP, SIGWINCH])
        // nil when keys come from elsewhere: then signals end it.
        let keys = TerminalMode(takingKeysOf: 0)
        Terminal.raw(Self.enter)
        defer {
            Terminal.raw(Self.leave)
            keys?.restore()
        }
        var views = views
        var before: [StatusCommand.ViewStatus] = []
        var now = ask(views)
        var due = clock.monotonic + request.interval
        while true {
            draw(now, before)
            switch events.wait(due - clock.monotonic, input: keys == nil ? nil : 0) {
            case .signal(SIGWINCH): continue
            case .signal, .inputClosed: return
            case .input(let typed):
                // q, Q, ^C
                if typed.contains(where: { [0x71, 0x51, 0x03].contains($0) }) { return }
            case .timeout:
                // Views come and go while all are watched.
                if request.view == nil, let present = try? ViewLocator.current().views(nil) {
                    views = present
                }
                before = now
                now = ask(views)
                due = max(due, clock.monotonic - request.interval) + request.interval
            }
        }
    }

    private func draw(_ now: [StatusCommand.ViewStatus], _ before: [StatusCommand.ViewStatus]) {
        let size =
            TerminalMode.size(of: 1) ?? TerminalMode.Size(columns: 80, rows: 24)
        let frame = TopFrame(
            columns: size.columns, rows: size.rows, colours: Terminal.outHasColours)
        let lines = frame.lines(now, before: before).map { $0 + Self.endOfLine }
        // No line end behind the last: on the last row it would scroll.
        Terminal.raw(Self.home + lines.joined(separator: "\r\n") + Self.below)
    }
}
