import Model

/// Reads the comma-separated texts behind `-o`, as mount(8) and fstab(5) write them. Pure.
///
/// Of an option given twice the last counts, so that a command line can overrule a template. `\,`
/// is a comma inside a value.
struct MountOptionParser {
    private let sloppy: Bool
    private var request = MountRequest()

    /// - Parameters:
    ///   - sloppy: unknown options are noted instead of refused (`mount -s`).
    ///   - source: from `--config`; wins over `config=`.
    /// - Returns: a request whose share and view are still empty. What goes together shows only when the
    ///   file is read, if there is one: see ``MountRequest/loaded(_:)``.
    static func parse(
        _ texts: [String], sloppy: Bool = false, source: ConfigurationLocator.Source? = nil
    ) throws(CommandError) -> MountRequest {
        var parser = MountOptionParser(sloppy: sloppy)
        parser.request.optionTexts = texts
        parser.request.sloppy = sloppy
        for text in texts {
            for option in split(text) where !option.isEmpty { try parser.take(option) }
        }
        if let source { parser.request.source = source }
        if parser.request.source == nil { try parser.request.settle() }
        return parser.request
    }

    private init(sloppy: Bool) {
        self.sloppy = sloppy
    }

    static func split(_ text: String) -> [String] {
        var parts = [""]
        var isEscaped = false
        for character in text {
            switch character {
            case "\\" where !isEscaped:
                isEscaped = true
                continue
            case "," where !isEscaped: parts.append("")
            case ",", "\\": parts[parts.count - 1].append(character)
            default:
                // A backslash before anything else is a backslash.
                if isEscaped { parts[parts.count - 1].append("\\") }
                parts[parts.count - 1].append(character)
            }
            isEscaped = false
        }
        if isEscaped { parts[parts.count - 1].append("\\") }
        return parts
    }

    private mutating func take(_ text: String) throws(CommandError) {
        let equals = text.firstIndex(of: "=")
        let name = String(text[..<(equals ?? text.endIndex)])
        let value = equals.map { String(text[text.index(after: $0)...]) }
        if let option = MountOption.own.first(where: { $0.name == name }) {
            return try take(option, value)
        }
        if MountOption.foreignPrefixes.contains(where: text.hasPrefix) { return }
        if value == nil, MountOption.foreign.contains(name) { return }
        if value == nil, MountOption.kernel.contains(name) || name == "rw" {
            return take(kernelWord: name)
        }
        guard !sloppy else {
            return request.notes.append("option '\(name)' is unknown and left out")
        }
        let known = MountOption.own.map(\.name) + MountOption.kernel.sorted()
        let hint = Spelling.nearest(to: name, among: known).map { "; did you mean '\($0)'?" }
        throw .usage(
            "unknown option '\(name)'\(hint ?? "")\n  known: "
                + MountOption.own.map(\.usage).joined(separator: ", ")
                + ", and the usual ones of mount(8)")
    }

    private mutating func take(_ option: MountOption, _ value: String?) throws(CommandError) {
        var text = "true"
        if option.value == nil {
            guard value == nil else { throw .usage("'\(option.name)' takes no value") }
        } else {
            guard let value, !value.isEmpty else { throw .usage("expected \(option.usage)") }
            text = value
        }
        if case .configurationFile = option.kind {
            request.source = .file(text)
            return
        }
        do {
            // For itself; here, so that a mistake is told before anything is read.
            var scratch = MountOption.defaults
            try option.apply(text, to: &scratch)
        } catch {
            throw .usage(error.message)
        }
        request.commandLine.append(
            OptionSetting(option: option, text: text, origin: .commandLine))
    }

    /// `suid`, or `nosuid`, which says the opposite of the same flag.
    private mutating func take(kernelWord word: String) {
        let word = word == "rw" ? "noro" : word
        for name in [word, MountOption.opposite(word)] {
            guard let option = MountOption.named(name), case .kernel = option.kind else { continue }
            request.commandLine.append(
                OptionSetting(
                    option: option, text: name == word ? "true" : "false", origin: .commandLine))
        }
    }
}
