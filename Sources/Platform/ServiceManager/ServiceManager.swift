import CSystemd
import Glibc

/// The program that started this one and wants to hear from it: systemd, by sd_notify(3). Any thread.
public struct ServiceManager: Sendable {
    public enum Message: Equatable, Sendable {
        /// What was started, or reloaded, can be used.
        case ready
        /// One line for people; everybody on the machine may read it.
        case status(String)
        /// Proof of life.
        case watchdog
        /// What is in force is being read anew; ends with ``ready``.
        case reloading(since: Duration)
        case stopping

        /// As sd_notify(3) has it.
        var assignment: String {
            switch self {
            case .ready: "READY=1"
            // A line end would begin another assignment.
            case .status(let text):
                "STATUS=" + text.map { $0.isNewline ? " " : String($0) }.joined()
            case .watchdog: "WATCHDOG=1"
            case .reloading(let since):
                "RELOADING=1\nMONOTONIC_USEC=\(Int64(since.inSeconds * 1_000_000))"
            case .stopping: "STOPPING=1"
            }
        }
    }

    /// Environment variables between the manager and this process. None of them is for processes that this one starts:
    /// ``ChildProcess`` leaves them out.
    public static let variables = [
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS",
        "LISTEN_FDNAMES",
    ]

    /// Longer than this without ``Message/watchdog``, and the manager ends the process; nil: it does not watch.
    public let watchdogInterval: Duration?
    private let deliver: @Sendable (String) -> Void

    /// - Parameter deliver: takes assignments, one per line.
    public init(watchdogInterval: Duration?, deliver: @escaping @Sendable (String) -> Void) {
        self.watchdogInterval = watchdogInterval
        self.deliver = deliver
    }

    /// The one that started this process; nil where none did that listens.
    public static func current() -> ServiceManager? {
        guard Environment.variable("NOTIFY_SOCKET") != nil else { return nil }
        var microseconds: UInt64 = 0
        // Also looks whether it is this process that is watched.
        let isWatched = sd_watchdog_enabled(0, &microseconds) > 0
        return ServiceManager(
            watchdogInterval: isWatched ? .microseconds(Int64(clamping: microseconds)) : nil
        ) { text in
            // Nobody listens any more: no reason to stop.
            _ = sd_notify(0, text)
        }
    }

    /// All in one datagram.
    public func tell(_ messages: Message...) {
        deliver(messages.map(\.assignment).joined(separator: "\n"))
    }
}
