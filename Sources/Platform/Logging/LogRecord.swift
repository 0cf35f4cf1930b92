/// One message on its way to where messages go.
public struct LogRecord: Equatable, Sendable {
    public enum Level: Int, Comparable, Sendable, CaseIterable {
        case error, warning, info, debug

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        /// As in syslog(3): what the journal calls PRIORITY.
        public var priority: Int {
            switch self {
            case .error: 3
            case .warning: 4
            case .info: 6
            case .debug: 7
            }
        }
    }

    /// What every message of a daemon is about.
    public struct Context: Equatable, Sendable {
        public var view: String?
        public var share: String?

        public init(view: String? = nil, share: String? = nil) {
            self.view = view
            self.share = share
        }
    }

    public var level: Level
    public var message: String
    public var context: Context
    /// Bytes of a path inside the view; there only from ``Level/info`` down.
    public var path: [UInt8]?

    public init(level: Level, message: String, context: Context = Context(), path: [UInt8]? = nil) {
        self.level = level
        self.message = message
        self.context = context
        self.path = path
    }

    /// The message with its path.
    public var text: String {
        path.map { message + ": " + String(decoding: $0, as: UTF8.self) } ?? message
    }

    /// One line for people, without the newline. What would end the line or move the cursor is written as `\xNN`:
    /// paths may hold anything.
    public var line: String {
        var line = "larder: \(level): "
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
                line += "\\x" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
