public import Model

import Glibc

/// Waiting for a descriptor, but not for ever (poll(2)).
public enum Readiness {
    /// Whether something can be read, or the other end has gone, before `time` has passed.
    public static func canRead(_ descriptor: Int32, within time: Duration) throws(Errno) -> Bool {
        try isReady(descriptor, POLLIN, within: time)
    }

    /// Whether something can be written, or the other end has gone, before `time` has passed.
    public static func canWrite(_ descriptor: Int32, within time: Duration) throws(Errno) -> Bool {
        try isReady(descriptor, POLLOUT, within: time)
    }

    /// As ``canRead(_:within:)``, of several: returns as soon as it is true of one, and says of which.
    public static func canRead(
        _ descriptors: [Int32], within time: Duration
    ) throws(Errno) -> [Bool] {
        try areReady(descriptors, POLLIN, within: time)
    }

    private static func isReady(
        _ descriptor: Int32, _ events: Int32, within time: Duration
    ) throws(Errno) -> Bool {
        try areReady([descriptor], events, within: time)[0]
    }

    private static func areReady(
        _ descriptors: [Int32], _ events: Int32, within time: Duration
    ) throws(Errno) -> [Bool] {
        let clock = SystemClock()
        let end = clock.monotonic + max(.zero, time)
        while true {
            var polled = descriptors.map { pollfd(fd: $0, events: Int16(events), revents: 0) }
            // Rounded up, or the last millisecond would be spent by asking again and again.
            let left = max(.zero, end - clock.monotonic).inSeconds * 1000
            let count = poll(
                &polled, nfds_t(polled.count), Int32(min(60_000, left.rounded(.up))))
            if count < 0, errno != EINTR { throw Errno(rawValue: errno) }
            if count > 0 || (count == 0 && clock.monotonic >= end) {
                return polled.map { count > 0 && $0.revents != 0 }
            }
        }
    }
}
