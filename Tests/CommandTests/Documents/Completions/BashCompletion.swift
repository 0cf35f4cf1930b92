@testable import larder

/// What bash's completion has from the command table: functions that call the helpers of the file.
enum BashCompletion {
    static var parts: [[String]] { [commands, options, values, operands, mountNames, mountValues] }

    private static var commands: [String] {
        let words =
            CompletedCommand.all.map(\.name) + CompletedCommand.programOptions.flatMap(\.names)
        return [
            "# Offers what can stand behind the program.",
            "_larder_commands() {",
            "    _larder_offer \(words.spaced)",
            "}",
        ]
    }

    private static var options: [String] {
        let branches = CompletedCommand.all.filter { !$0.options.isEmpty }.map { command in
            branch(command.words, "_larder_offer \(command.options.flatMap(\.names).spaced)")
        }
        return cases(
            "_larder_options", of: "$1", "Offers the options of a command.", branches)
    }

    private static var values: [String] {
        var branches: [String] = []
        for command in CompletedCommand.all {
            for option in command.options {
                guard let takes = option.takes else { continue }
                let patterns = command.words.flatMap { word in
                    option.names.map { "\(word),\($0)" }
                }
                branches.append(branch(patterns, "offer=(\(call(takes)))"))
            }
        }
        return cases(
            "_larder_value", of: "$1,$2",
            "Sets offer to what offers the values of a command's option; fails for a switch.",
            branches + ["*) return 1 ;;"])
    }

    private static var operands: [String] {
        var branches: [String] = []
        for command in CompletedCommand.all {
            for (index, operand) in command.operands.enumerated() {
                // What is too much is taken for the last one.
                let place = index + 1 == command.operands.count ? "*" : "\(index + 1)"
                for (word, kind) in operand.kindsAfter {
                    let patterns = command.words.map { "\($0),\(place),\(word)" }
                    branches.append(branch(patterns, calls(operand.kinds + [kind])))
                }
                let patterns = command.words.map { "\($0),\(place),*" }
                branches.append(branch(patterns, calls(operand.kinds)))
            }
        }
        return cases(
            "_larder_operand", of: "$1,$2,$3",
            "Offers what can be an operand of a command: its place, from 1 on, and the first one.",
            branches)
    }

    private static var mountNames: [String] {
        let words = KnownOptions.ofMounts.map { $0.takes == nil ? $0.name : "\($0.name)=" }
        return [
            "# Sets options to the mount options.",
            "_larder_mount_names() {",
            "    options=(\(words.spaced))",
            "}",
        ]
    }

    private static var mountValues: [String] {
        let branches = KnownOptions.ofMounts.compactMap { option -> String? in
            switch option.takes {
            case .directory: branch([option.name], "_larder_mount_files -d")
            case .file: branch([option.name], "_larder_mount_files -f")
            case .words(let words):
                branch([option.name], (["_larder_choices", option.name] + words).spaced)
            case .list, .mountOptions, .text, nil: nil
            }
        }
        return cases(
            "_larder_mount_value", of: "$1", "Offers the values of a mount option.", branches)
    }

    /// A function that does something by its arguments.
    private static func cases(
        _ name: String, of word: String, _ comment: String, _ branches: [String]
    ) -> [String] {
        var lines = ["# \(comment)", "\(name)() {", "    case \(word) in"]
        lines += branches.map { "    " + $0 }
        lines += ["    esac", "}"]
        return lines
    }

    private static func branch(_ patterns: [String], _ code: String) -> String {
        "\(patterns.joined(separator: " | "))) \(code) ;;"
    }

    /// What offers the values of an option.
    private static func call(_ values: CommandOption.Values) -> String {
        switch values {
        case .file: "_larder_files -f"
        case .directory: "_larder_files -d"
        case .words(let words): (["_larder_offer"] + words).spaced
        case .list(_, let words): (["_larder_list"] + words).spaced
        case .mountOptions: "_larder_mount_options"
        case .text: ":"
        }
    }

    /// What offers any of these.
    private static func calls(_ kinds: [CommandDescription.Operand.Kind]) -> String {
        let calls = kinds.map { kind in
            switch kind {
            case .view: "_larder_views -d"
            case .pathInView: "_larder_views -f"
            case .directory: "_larder_files -d"
            case .file: "_larder_files -f"
            case .configuration: "_larder_configurations"
            case .words(let words): (["_larder_offer"] + words).spaced
            case .command: (["_larder_offer"] + CompletedCommand.commands.map(\.name)).spaced
            }
        }
        return calls.joined(separator: "; ")
    }
}
