import Glibc
import Model

/// Words for the person at the terminal.
enum Failure {
    /// `strerror(3)`.
    static func text(_ error: Errno) -> String {
        strerror(error.rawValue).map { String(cString: $0) } ?? "error \(error.rawValue)"
    }

    /// A line on standard error.
    static func say(_ message: String) {
        var line = "slowshare: \(message)\n"
        line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    }
}
