import Model

/// One option of a command: what the parser takes, and what help, manual and completions say of it.
struct CommandOption: Sendable {
    /// What a value can be, for completions.
    enum Values: Sendable {
        case file, directory
        /// One of these.
        case words([String])
        /// Several of these, separated by commas; with what one of them is called.
        case list(of: String, [String])
        /// As behind `-o`, see ``MountOption``.
        case mountOptions
        /// Nothing that could be offered; what it is called.
        case text(String)
    }

    /// The first is the one that is shown.
    let names: [String]
    /// What its value is called; nil for a switch.
    let value: String?
    /// nil for a switch, and where nobody is told of the option.
    let takes: Values?
    /// For completions, where the summary is none or not brief.
    let brief: String?
    /// For `--help`; nil where the text of the command speaks of it.
    let summary: String?

    init(
        _ names: String..., value: String? = nil, takes: Values? = nil, brief: String? = nil,
        summary: String? = nil
    ) {
        self.names = names
        self.value = value
        self.takes = takes
        self.brief = brief
        self.summary = summary
    }

    var name: String { names[0] }

    /// As it is typed.
    var usage: String { value.map { "\(name) \($0)" } ?? name }

    /// One line for completions.
    var briefSummary: String { brief ?? summary ?? "" }

    static let json = CommandOption(
        "--json", brief: "for programs",
        summary:
            "{\"version\":1,\"views\":[…]}, for programs; docs/STATUS_SCHEMA.md names the fields")

    /// What every command takes, and `larder` without one; the parser sees to it first.
    static let help = CommandOption("--help", brief: "usage")
    /// What `larder` takes without a command.
    static let version = CommandOption("--version", brief: "version")
}

/// What a command is called, takes and does: the one place from which parser, help, completions and checks of the manual have it.
struct CommandDescription: Sendable {
    /// What stands in one place among a command's words, options left out; for completions.
    struct Operand: Sendable {
        enum Kind: Sendable {
            /// One that is mounted, or a directory where none is.
            case view
            /// A file or folder in one.
            case pathInView
            case directory, file
            /// The NAME of a NAME.toml.
            case configuration
            case words([String])
            /// The name of a command.
            case command
        }

        /// What it is called.
        let label: String
        /// What it can be, each as good as the others.
        let kinds: [Kind]
        /// What it can be too, by the command's first word.
        let kindsAfter: KeyValuePairs<String, Kind>
        /// Stands for all that follow.
        let isRepeated: Bool

        init(
            _ label: String, _ kinds: Kind..., after kindsAfter: KeyValuePairs<String, Kind> = [:],
            isRepeated: Bool = false
        ) {
            self.label = label
            self.kinds = kinds
            self.kindsAfter = kindsAfter
            self.isRepeated = isRepeated
        }
    }

    /// Ways to call it, each with what that does, for the overview.
    let calls: [(words: String, summary: String)]
    /// Behind "Usage:", where that is not the calls.
    let usage: [String]?
    /// Other words that the parser takes for it; completions know them, but do not offer them.
    let aliases: [String]
    /// For completions, where the summary of the first call says too little or too much.
    let brief: String?
    let operands: [Operand]
    let options: [CommandOption]
    /// Paragraphs of `--help`, before the options.
    let text: String
    /// Behind them.
    let more: String
    /// Lines; nil for the usual ones.
    let exitCodes: [String]?

    init(
        _ calls: (String, String)..., usage: [String]? = nil, aliases: [String] = [],
        brief: String? = nil, operands: [Operand] = [], options: [CommandOption] = [],
        text: String, more: String = "", exitCodes: [String]? = nil
    ) {
        self.calls = calls.map { (words: $0.0, summary: $0.1) }
        self.usage = usage
        self.aliases = aliases
        self.brief = brief
        self.operands = operands
        self.options = options
        self.text = text
        self.more = more
        self.exitCodes = exitCodes
    }

    func option(_ name: String) -> CommandOption? {
        options.first { $0.names.contains(name) }
    }

    /// One line for completions.
    var briefSummary: String { brief ?? calls.first?.summary ?? "" }

    /// All spellings of all options.
    var optionNames: [String] { options.flatMap(\.names) }
}
