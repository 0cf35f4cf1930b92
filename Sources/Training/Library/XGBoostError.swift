import CXGBoost

/// What the library says that went wrong.
public struct XGBoostError: Error, Equatable, Sendable, CustomStringConvertible {
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    public var description: String { "XGBoost: \(message)" }

    /// - Parameter code: of a call of the library, which gives 0 for success.
    static func check(_ code: Int32) throws(XGBoostError) {
        guard code != 0 else { return }
        let text = XGBGetLastError().map { String(cString: $0) } ?? ""
        // The rest of it is a trace of the library's own.
        let line = text.split(separator: "\n").first.map(String.init) ?? text
        throw XGBoostError(line.isEmpty ? "an error without a message" : line)
    }
}
