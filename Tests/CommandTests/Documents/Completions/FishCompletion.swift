@testable import larder

/// What fish's completion has from the command table: lines of `complete`, and the mount options as a function's output.
enum FishCompletion {
    static var parts: [[String]] {
        [mountOptions, program] + CompletedCommand.all.map(lines(of:))
    }

    private static var mountOptions: [String] {
        let pairs = KnownOptions.ofMounts.flatMap { option -> [String] in
            guard case .words(let words) = option.takes else {
                let word = option.takes == nil ? option.name : "\(option.name)="
                return ["\(word) \(quoted(option.briefSummary))"]
            }
            return words.map { word -> String in
                let brief = option.wordBriefs[word] ?? option.briefSummary
                return "\(option.name)=\(word) \(quoted(brief))"
            }
        }
        var lines = [
            "# The mount options: a word, and what it does.",
            "function __larder_mount_words",
            "    printf '%s\\t%s\\n' \\",
        ]
        lines += pairs.dropLast().map { "        \($0) \\" }
        lines += pairs.suffix(1).map { "        \($0)" }
        lines.append("end")
        return lines
    }

    /// What can stand behind `larder`.
    private static var program: [String] {
        let words = CompletedCommand.all.flatMap(\.words).spaced
        var lines = ["set -l first 'not __fish_seen_subcommand_from \(words)'"]
        lines += CompletedCommand.programOptions.map { complete("$first", arguments(of: $0)) }
        lines += CompletedCommand.all.map { command in
            complete("$first", "-a \(command.name) -d \(quoted(command.brief))")
        }
        return lines
    }

    private static func lines(of command: CompletedCommand) -> [String] {
        var lines = ["set -l command '__fish_seen_subcommand_from \(command.words.spaced)'"]
        lines += command.options.map { complete("$command", arguments(of: $0)) }
        // fish is not told which operand it is: what any of them can be is offered, once.
        for operand in command.operands {
            for kind in operand.kinds { lines += complete(kind, "$command") }
            for (word, kind) in operand.kindsAfter {
                lines += complete(kind, "$command; and __fish_seen_subcommand_from \(word)")
            }
        }
        var seen: Set<String> = []
        return lines.filter { seen.insert($0).inserted }
    }

    /// - Parameter condition: begins with a variable.
    private static func complete(_ condition: String, _ arguments: String) -> String {
        let word = condition.contains(" ") ? "\"\(condition)\"" : condition
        return "complete -c larder -n \(word) \(arguments)"
    }

    private static func complete(
        _ kind: CommandDescription.Operand.Kind, _ condition: String
    ) -> [String] {
        switch kind {
        case .view: [complete(condition, "-a '(__larder_views)'")]
        case .pathInView:
            [complete(condition, "-a '(__larder_views)'"), complete(condition, "-F")]
        case .directory, .file: [complete(condition, "-F")]
        case .configuration: [complete(condition, "-a '(__larder_configurations)'")]
        case .words(let words):
            [
                complete(
                    "\(condition); and not __fish_seen_subcommand_from \(words.spaced)",
                    "-a \(quoted(words.spaced))")
            ]
        case .command:
            [complete(condition, "-a \(quoted(CompletedCommand.commands.map(\.name).spaced))")]
        }
    }

    private static func arguments(of option: CommandOption) -> String {
        let names = option.names.map { name in
            name.hasPrefix("--") ? "-l \(name.dropFirst(2))" : "-s \(name.dropFirst())"
        }
        return (names + values(option.takes) + ["-d", quoted(option.briefSummary)]).spaced
    }

    private static func values(_ takes: CommandOption.Values?) -> [String] {
        switch takes {
        case .file: ["-r", "-F"]
        case .directory: ["-x", "-a", "'(__fish_complete_directories)'"]
        case .words(let words): ["-x", "-a", quoted(words.spaced)]
        case .list(_, let words): ["-x", "-a", quoted("(__larder_list \(words.spaced))")]
        case .mountOptions: ["-x", "-a", "'(__larder_mount_options)'"]
        case .text: ["-x"]
        case nil: []
        }
    }

    /// As one word; without quotes where it is one.
    private static func quoted(_ text: String) -> String {
        guard text.isEmpty || !text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
        else { return text }
        let escaped = text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
        return "'\(escaped)'"
    }
}
