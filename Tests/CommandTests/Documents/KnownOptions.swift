@testable import larder

/// What the command line takes.
enum KnownOptions {
    static func of(_ command: CommandName) -> Set<String> { Set(command.description.optionNames) }

    /// What stands behind `-o`.
    static let ofMounts = MountOption.all.filter { $0.place != .file }
}
