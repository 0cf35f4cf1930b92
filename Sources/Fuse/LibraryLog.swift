import CFuse
import Glibc
import Platform
import Synchronization

/// What libfuse has to say: caught while a session is built and mounted, to standard error otherwise.
enum LibraryLog {
    private static let caught = Mutex<String?>(nil)
    /// Where it goes while it is not caught; nil: to standard error.
    private static let log = Mutex<Log?>(nil)
    /// One capture at a time: libfuse has one log for the whole process.
    private static let capturing = Mutex(())
    private static let install: Void = fuse_set_log_func { _, format, arguments in
        guard let format, let arguments else { return }
        LibraryLog.take(format, arguments)
    }

    /// Runs `body`; what libfuse logs meanwhile is returned, without its prefix and the last newline.
    static func capture(_ body: () -> Void) -> String {
        capturing.withLock { _ in
            _ = install
            caught.withLock { $0 = "" }
            body()
            var text = caught.withLock { text in
                defer { text = nil }
                return text ?? ""
            }
            while text.hasSuffix("\n") { text.removeLast() }
            return text.hasPrefix("fuse: ") ? String(text.dropFirst(6)) : text
        }
    }

    static func forward(to log: Log) {
        self.log.withLock { $0 = log }
    }

    private static func take(_ format: UnsafePointer<CChar>, _ arguments: CVaListPointer) {
        let line = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
            let count = vsnprintf(buffer.baseAddress, buffer.count, format, arguments)
            let kept = max(0, min(Int(count), buffer.count - 1))
            return String(
                decoding: buffer[..<kept].lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        let isCaught = caught.withLock { text in
            text?.append(line)
            return text != nil
        }
        guard !isCaught else { return }
        if let log = log.withLock({ $0 }) {
            return log(.warning, kind: "libfuse", String(line.prefix { !$0.isNewline }))
        }
        var copy = line
        copy.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    }
}
