import Glibc
import Synchronization

/// ^C, or the end of a lane of `make test`: what the running test started and mounted goes with it.
enum Interruption {
    /// Read end and write end; a handler may do nothing but write.
    fileprivate static let pipe: (read: Int32, write: Int32) = {
        var ends: [Int32] = [-1, -1]
        precondition(Glibc.pipe(&ends) == 0, "no more descriptors")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }()

    private static let isWatched: Bool = {
        _ = pipe
        startTestThread {
            var signal: UInt8 = 0
            while read(pipe.read, &signal, 1) != 1 {}
            Area.interruptAll()
            _exit(128 + Int32(signal))
        }
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Interruption.pipe.write, &byte, 1)
            }
        }
        return true
    }()

    /// From now on; once is enough.
    static func watch() { _ = isWatched }
}
