import Model

/// One option of a command: what the parser takes, and what help, manual and completions say of it.
struct CommandOption: Sendable {
    /// The first is the one that is shown.
    let names: [String]
    /// What its value is called; nil for a switch.
    let value: String?
    /// For `--help`; nil where the text of the command speaks of it.
    let summary: String?

    init(_ names: String..., value: String? = nil, summary: String? = nil) {
        self.names = names
        self.value = value
        self.summary = summary
    }

    var name: String { names[0] }

    /// As it is typed.
    var usage: String { value.map { "\(name) \($0)" } ?? name }

    static let json = CommandOption(
        "--json",
        summary:
            "{\"version\":1,\"views\":[…]}, for programs; docs/STATUS_SCHEMA.md names the fields")
}

/// What a command is called, takes and does: the one place from which parser, help, checks of the manual and of the completions have it.
struct CommandDescription: Sendable {
    /// Ways to call it, each with what that does, for the overview.
    let calls: [(words: String, summary: String)]
    /// Behind "Usage:", where that is not the calls.
    let usage: [String]?
    let options: [CommandOption]
    /// Paragraphs of `--help`, before the options.
    let text: String
    /// Behind them.
    let more: String
    /// Lines; nil for the usual ones.
    let exitCodes: [String]?

    init(
        _ calls: (String, String)..., usage: [String]? = nil, options: [CommandOption] = [],
        text: String, more: String = "", exitCodes: [String]? = nil
    ) {
        self.calls = calls.map { (words: $0.0, summary: $0.1) }
        self.usage = usage
        self.options = options
        self.text = text
        self.more = more
        self.exitCodes = exitCodes
    }

    func option(_ name: String) -> CommandOption? {
        options.first { $0.names.contains(name) }
    }

    /// All spellings of all options.
    var optionNames: [String] { options.flatMap(\.names) }
}
