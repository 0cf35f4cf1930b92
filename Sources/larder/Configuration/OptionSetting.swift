import Platform

/// One option with its value, as somebody gave it.
struct OptionSetting: Hashable, Sendable {
    var option: MountOption
    /// As on the command line; `true` or `false` for switches.
    var text: String
    var origin: SettingOrigin
}

/// Where a value came from. What stands further down here wins.
enum SettingOrigin: Hashable, Sendable {
    case usual
    case file(String, TOMLPosition)
    case commandLine

    /// `FILE:LINE:COLUMN`, where there is one.
    var place: String? {
        guard case .file(let path, let position) = self else { return nil }
        return "\(path):\(position.line):\(position.column)"
    }

    fileprivate var rank: Int {
        switch self {
        case .usual: 0
        case .file: 1
        case .commandLine: 2
        }
    }

    /// Whether `self` yields where the two contradict each other.
    func yields(to other: SettingOrigin) -> Bool { rank < other.rank }
}

/// Everything that is wrong with a configuration.
struct ConfigurationRefusal: Error, Hashable {
    struct Problem: Hashable {
        var origin: SettingOrigin
        var message: String

        var description: String { origin.place.map { "\($0): \(message)" } ?? message }
    }

    /// In the order of the file; never empty.
    var problems: [Problem]

    init(_ problems: [Problem]) {
        self.problems = problems
    }

    init(_ origin: SettingOrigin, _ message: String) {
        problems = [Problem(origin: origin, message: message)]
    }

    /// A line for each.
    var text: String { problems.map(\.description).joined(separator: "\n") }

    /// What the user wrote is wrong.
    var commandError: CommandError { .usage(text) }
}
