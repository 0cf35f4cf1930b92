@testable import larder

/// A command as the completions have it.
struct CompletedCommand {
    /// What calls it; the first is the one that is offered.
    let words: [String]
    let brief: String
    /// With those that the parser takes of every command.
    let options: [CommandOption]
    let operands: [CommandDescription.Operand]

    private init(_ name: String, _ description: CommandDescription, _ options: [CommandOption]) {
        words = [name] + description.aliases
        brief = description.briefSummary
        self.options = options
        operands = description.operands
    }

    var name: String { words[0] }

    /// Those that `larder help` knows.
    static let commands = CommandName.allCases.map { command in
        let description = command.description
        return CompletedCommand(command.rawValue, description, description.options + [.help])
    }

    /// In the order in which they are offered.
    static let all = commands + [CompletedCommand("help", .help, [])]

    /// What `larder` takes in a command's place.
    static let programOptions: [CommandOption] = [.help, .version]
}

extension [String] {
    /// As words of a shell, of which none needs quotes.
    var spaced: String { joined(separator: " ") }
}
