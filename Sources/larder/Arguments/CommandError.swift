import Control
import Model

/// Ends a command with a message for the person who typed it.
struct CommandError: Error, Hashable {
    var code: ExitCode
    var message: String

    init(_ code: ExitCode, _ message: String) {
        self.code = code
        self.message = message
    }

    static func usage(_ message: String) -> CommandError { CommandError(.usage, message) }
    static func failure(_ message: String) -> CommandError { CommandError(.failure, message) }

    init(_ failure: MountFailure) {
        code = ExitCode(rawValue: failure.kind.rawValue) ?? .failure
        message = failure.message
    }

    init(_ error: ControlError) {
        code = .failure
        message = error.description
    }
}
