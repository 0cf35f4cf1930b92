import Control
import Glibc
import Model
import Platform

/// The first process of a background mount: starts the second one and waits for its word.
///
/// A second process and not `fork`: Swift's runtime has threads, of which `fork` would copy one. It stays in this one's process
/// group until the view is mounted: where an automounter has called, that group is let through to the mountpoint.
struct BackgroundStart {
    /// Beyond the share's deadline: the cache is opened, the view mounted, within this.
    static let startTime = Duration.seconds(60)
    /// How long the view may take to answer its first question.
    static let viewTime = Duration.seconds(10)

    var request: MountRequest
    var clock: any LarderClock = SystemClock()

    func run() throws(CommandError) {
        var pipe: Pipe
        let child: ChildProcess
        do throws(Errno) {
            pipe = try Pipe()
            let null = try FileCalls.open("/dev/null", .readWrite)
            let writing = pipe.writing?.rawValue ?? null.rawValue
            child = try ChildProcess(
                OwnProgram.path, arguments,
                descriptors: [null.rawValue, null.rawValue, null.rawValue, writing])
        } catch {
            throw .failure("cannot start the background process: \(error.message)")
        }
        pipe.closeWriting()
        // ^C here means: do not mount after all. The child may have left this session, and does not
        // hear it then.
        SignalWaiter.start { _ in
            kill(child.pid, SIGTERM)
            return true
        }
        let view = try listen(to: pipe.reading.rawValue, child)
        let answers = withDeadline(Self.viewTime, thread: "probe") {
            (try? FileCalls.attributes(ofPath: view)) != nil
        }
        guard answers == true else {
            throw .failure(
                "\(view) is mounted but does not answer; `larder unmount --lazy \(view)` removes it"
            )
        }
    }

    private var arguments: [String] {
        var words = ["mount", "--report-to=3"]
        if request.sloppy { words.append("--sloppy") }
        for text in request.optionTexts { words += ["-o", text] }
        // By its absolute path, which wins over a relative one among the options.
        if let file = request.file { words += ["--config", file] }
        return words + ["--"] + request.paths
    }

    /// - Returns: the canonical path of the view, once it is usable.
    private func listen(to pipe: Int32, _ child: ChildProcess) throws(CommandError) -> String {
        let end = clock.monotonic + request.configuration.shareDeadline + Self.startTime
        var input: [UInt8] = []
        while true {
            let left = end - clock.monotonic
            var polled = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            let ready = poll(&polled, 1, Int32(max(0, min(3_600_000, left.inSeconds * 1000))))
            if ready == 0 {
                kill(child.pid, SIGTERM)
                throw .failure("the view did not come up within \((left + end).text); gave up")
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(pipe, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw ending(of: child) }
            input += buffer[..<count]
            while let newline = input.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(input[..<newline])
                input.removeSubrange(...newline)
                switch try? WireFormat.decode(BackgroundReport.self, from: line) {
                case .note(let text): Terminal.err(text)
                case .ready(let view): return view
                case .failed(let failure): throw CommandError(failure)
                case nil: Terminal.err(String(decoding: line, as: UTF8.self))
                }
            }
        }
    }

    /// The child has gone without a last word.
    private func ending(of child: ChildProcess) -> CommandError {
        switch try? child.wait() {
        case .exited(let code): .failure("the background process ended early (exit code \(code))")
        case .killed(SIGTERM): .failure("interrupted; nothing is mounted")
        case .killed(let signal):
            .failure("the background process was ended by signal \(signal)")
        case nil: .failure("the background process is gone")
        }
    }
}
