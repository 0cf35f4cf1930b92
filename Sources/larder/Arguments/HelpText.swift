import Model

/// The texts of `--help`, made from what ``CommandName/description`` says of each command.
enum HelpText {
    /// - Parameter command: nil for all of them.
    static func text(_ command: CommandName?) -> String {
        command.map { text($0.description) } ?? overview
    }

    private static var overview: String {
        var lines = ["larder: a fast local view of a slow directory", "", "Usage:"]
        for command in CommandName.allCases {
            for call in command.description.calls {
                lines.append("  larder " + call.words.padded(to: 47) + call.summary)
            }
        }
        lines += [
            "  larder COMMAND --help".padded(to: 56) + "more about one command",
            "  larder --version", "",
            "SHARE is a directory, usually on a NAS that is mounted already (NFS, SMB, SSHFS).",
            "VIEW is an empty directory. `fusermount3 -u VIEW` also unmounts.", "",
        ]
        return (lines + exitCodes(nil)).joined(separator: "\n")
    }

    private static func text(_ command: CommandDescription) -> String {
        var lines: [String] = []
        for usage in command.usage ?? command.calls.map(\.words) {
            // What goes on from the line before begins with blanks.
            let begin =
                lines.isEmpty
                ? "Usage: larder " : usage.hasPrefix(" ") ? "              " : "       larder "
            lines.append(begin + usage)
        }
        lines += ["", command.text, ""]
        let options = options(command.options)
        if !options.isEmpty { lines += options + [""] }
        if !command.more.isEmpty { lines += [command.more, ""] }
        return (lines + exitCodes(command.exitCodes)).joined(separator: "\n")
    }

    private static func options(_ options: [CommandOption]) -> [String] {
        let options = options.filter { $0.summary != nil }
        let width = (options.map(\.usage.count).max() ?? 0) + 3
        return options.flatMap { option -> [String] in
            guard let summary = option.summary else { return [] }
            let lines = summary.split(separator: "\n").map(String.init)
            return lines.enumerated().map { number, line in
                "  " + (number == 0 ? option.usage : "").padded(to: width) + line
            }
        }
    }

    private static func exitCodes(_ own: [String]?) -> [String] {
        let usual = [
            "0  done", "1  it did not work",
            "2  the command line, or the configuration file, is wrong",
            "3  nothing to do: not mounted, mounted already, nothing cached, no configuration file",
        ]
        return ["Exit codes:"] + (own ?? usual).map { "  " + $0 }
    }

    /// What stands behind `-o`, a line each.
    static var mountOptions: String {
        let width = (MountOption.own.map(\.usage.count).max() ?? 0) + 2
        return MountOption.own.map { "  " + $0.usage.padded(to: width) + $0.summary }
            .joined(separator: "\n")
    }

    /// The keys of a configuration file, by section.
    static var configurationKeys: String {
        let width = (MountOption.settings.map(\.key.count).max() ?? 0) + 2
        var lines: [String] = []
        for section in [nil] + MountOption.Section.allCases {
            if let section { lines.append("  [\(section.rawValue)]") }
            for option in MountOption.settings where option.section == section {
                let live = option.isLive ? "live  " : "      "
                lines.append("  " + option.key.padded(to: width) + live + option.summary)
            }
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    /// Blanks behind it up to `width` columns.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }

    /// Blanks before it up to `width` columns.
    func alignedRight(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - columns)) + self
    }
}
