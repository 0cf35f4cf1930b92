import Glibc

/// Messages as lines on standard error, one write each.
public enum StandardErrorSink {
    public static let lines: @Sendable (LogRecord) -> Void = { write($0.line) }

    static func write(_ line: String) {
        var text = line + "\n"
        text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
