@testable import larder

/// What zsh's completion has from the command table: calls of zsh's own helpers, and of those of the file.
enum ZshCompletion {
    static var parts: [[String]] { [mountOptions, commands, arguments] }

    private static var mountOptions: [String] {
        let specs = KnownOptions.ofMounts.map { option in
            let value = option.takes.map { action(of: $0, called: option.name) } ?? ""
            return quoted("\(option.name)[\(escaped(option.briefSummary))]\(value)")
        }
        return function(
            "_larder_mount_options", call("    ", "_values -s , 'mount option'", specs))
    }

    private static var commands: [String] {
        var lines = ["    local -a commands", "    commands=("]
        lines += CompletedCommand.all.map { "        " + quoted("\($0.name):\($0.brief)") }
        lines += ["    )", "    _describe command commands"]
        lines += call("    ", "_arguments", CompletedCommand.programOptions.map(spec(of:)))
        return function("_larder_commands", lines)
    }

    private static var arguments: [String] {
        var lines = ["    case $1 in"]
        for command in CompletedCommand.all {
            var specs = command.options.map(spec(of:))
            for (index, operand) in command.operands.enumerated() {
                specs.append(spec(of: operand, index + 1))
            }
            lines.append("    \(command.words.joined(separator: " | ")))")
            lines += call("        ", "_arguments", specs)
            lines.append("        ;;")
        }
        lines.append("    esac")
        return function("_larder_arguments", lines)
    }

    private static func function(_ name: String, _ lines: [String]) -> [String] {
        ["\(name)() {"] + lines + ["}"]
    }

    /// A command with a line for each of its arguments.
    private static func call(
        _ indent: String, _ command: String, _ arguments: [String]
    ) -> [String] {
        let lines = [indent + command] + arguments.map { "\(indent)    \($0)" }
        return lines.dropLast().map { "\($0) \\" } + lines.suffix(1)
    }

    private static func spec(of option: CommandOption) -> String {
        var repeated = ""
        if case .mountOptions = option.takes { repeated = "'*'" }
        let label = String(option.name.drop { $0 == "-" })
        let value = option.takes.map { action(of: $0, called: label) } ?? ""
        let rest = "[\(escaped(option.briefSummary))]\(value)"
        guard option.names.count > 1 else { return repeated + quoted(option.name + rest) }
        return "\(repeated){\(option.names.joined(separator: ","))}\(quoted(rest))"
    }

    private static func spec(
        of operand: CommandDescription.Operand, _ place: Int
    ) -> String {
        let place = operand.isRepeated ? "*" : "\(place)"
        return quoted("\(place):\(escaped(operand.label)):\(action(of: operand.kinds))")
    }

    /// What stands behind an option's description.
    private static func action(of values: CommandOption.Values, called name: String) -> String {
        switch values {
        case .file: ":file:_files"
        case .directory: ":directory:_directories"
        case .words(let words): ":\(name):(\(words.spaced))"
        case .list(let one, let words): ":\(one)s:_values -s , \(one) \(words.spaced)"
        case .mountOptions: ":options:_larder_mount_options"
        case .text(let label): ":\(escaped(label))"
        }
    }

    /// The helpers of views and configurations offer files too, or only directories when they are told so.
    private static func action(of kinds: [CommandDescription.Operand.Kind]) -> String {
        var hasDirectory = false
        for case .directory in kinds { hasDirectory = true }
        guard let kind = kinds.first else { return "" }
        return switch kind {
        case .view: "_larder_views -/"
        case .pathInView: "_larder_views"
        case .directory: "_directories"
        case .file: "_files"
        case .configuration: "_larder_configurations\(hasDirectory ? " -/" : "")"
        case .words(let words): "(\(words.spaced))"
        case .command: "(\(CompletedCommand.commands.map(\.name).spaced))"
        }
    }

    private static func quoted(_ text: String) -> String {
        let pieces = text.split(separator: "'", omittingEmptySubsequences: false)
        return "'\(pieces.joined(separator: "'\\''"))'"
    }

    /// For what stands in brackets or between colons.
    private static func escaped(_ text: String) -> String {
        let special: Set<Character> = ["\\", ":", "[", "]"]
        return text.map { special.contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }
}
