public import Model

import CLinux
import Glibc

/// A process of anybody's, held by a descriptor: its number cannot come to mean another one.
public final class ProcessReference: Sendable {
    private let descriptor: DescriptorReference

    /// - Throws: `ESRCH` when there is no such process.
    public init(_ pid: Int32) throws(Errno) {
        descriptor = DescriptorReference(
            FileDescriptor(owning: try systemCall { larder_open_process(pid) }))
    }

    /// Whether a thread of this process has the number.
    public static func isOwnThread(_ number: Int32) -> Bool {
        number > 0 && access("/proc/self/task/\(number)", F_OK) == 0
    }

    /// Whether there is a thread of that number, of whatever process; true also for what nobody has waited for yet (a zombie).
    public static func isThere(thread number: Int32) -> Bool {
        number > 0 && (kill(number, 0) == 0 || errno == EPERM)
    }

    /// Also true for a process that nobody has waited for yet (a zombie).
    public var hasEnded: Bool {
        var polled = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) > 0
    }

    /// Blocks until the process has ended, or `other` can be read or was closed at its other end, or `time` has passed.
    ///
    /// - Returns: which of the first two it was; neither when the time passed.
    public func waitForEnd(
        orInput other: Int32?, within time: Duration
    ) throws(Errno) -> (hasEnded: Bool, hasInput: Bool) {
        try descriptor.withRawValue { (process) throws(Errno) in
            let ready = try Readiness.canRead([process] + (other.map { [$0] } ?? []), within: time)
            return (ready[0], ready.count > 1 && ready[1])
        }
    }
}
