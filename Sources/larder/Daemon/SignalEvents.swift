import Glibc
import Model
import Platform

/// Signals and keys as something that a loop waits for, with a bound on the time.
struct SignalEvents {
    enum Event: Equatable {
        case timeout
        case signal(Int32)
        /// What was typed.
        case input([UInt8])
        /// Nobody will type any more.
        case inputClosed
    }

    private let pipe: Pipe

    /// Blocks `signals` and begins to take them. To be made on the main thread, before others start.
    init(_ signals: [Int32]) throws(CommandError) {
        do throws(Errno) {
            pipe = try Pipe()
        } catch {
            throw .failure("cannot make a pipe: \(error.message)")
        }
        SignalWaiter.block(signals)
        let pipe = pipe
        SignalWaiter.start(signals) { signal in
            guard let writing = pipe.writing else { return false }
            do throws(Errno) {
                try FileContents.write(writing.rawValue, [UInt8(truncatingIfNeeded: signal)])
                return true
            } catch {
                return false
            }
        }
    }

    /// - Parameters:
    ///   - duration: at most; rounded up to milliseconds.
    ///   - input: a descriptor whose bytes are events too.
    func wait(_ duration: Duration, input: Int32? = nil) -> Event {
        // A negative descriptor is skipped by poll(2).
        var polled = [
            pollfd(fd: pipe.reading.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: input ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        let milliseconds = (max(.zero, duration).inSeconds * 1000).rounded(.up)
        guard poll(&polled, nfds_t(polled.count), Int32(min(milliseconds, 3_600_000))) > 0 else {
            return .timeout
        }
        if polled[0].revents != 0 {
            // One byte is one signal.
            return Self.read(pipe.reading.rawValue, 1).first.map { .signal(Int32($0)) } ?? .timeout
        }
        let typed = Self.read(polled[1].fd, 256)
        return typed.isEmpty ? .inputClosed : .input(typed)
    }

    private static func read(_ descriptor: Int32, _ count: Int) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        do throws(Errno) {
            let got = try systemCall {
                buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            }
            return Array(buffer[..<got])
        } catch {
            // A terminal that hung up says EIO.
            return []
        }
    }
}
