import Testing

@testable import larder

/// What the command line takes, as it says itself when it is asked for something that is not there.
enum KnownOptions {
    static func of(_ command: CommandName) throws -> Set<String> {
        let words = [command.rawValue, "--qqqqqqqqqqqq"].map { Array($0.utf8) }
        let error = try #require(throws: CommandError.self) { try CommandParser.parse(words) }
        try #require(error.message.hasPrefix("unknown option '--qqqqqqqqqqqq'"))
        let parts = error.message.split(separator: "; known: ", maxSplits: 1)
        guard parts.count == 2 else { return [] }
        return Set(parts[1].split(separator: ", ").map(String.init))
    }

    /// What stands behind `-o`.
    static let ofMounts = MountOption.all.filter { $0.place != .file }
}
