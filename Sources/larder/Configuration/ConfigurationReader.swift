import Model
import Platform

/// From the text of a configuration file to settings, by the table in ``MountOption``. Pure.
///
/// Goes on behind a problem, so that somebody who writes a file is told of all of them at once; only where the
/// text is no TOML, the first is the last.
struct ConfigurationReader {
    private let path: String
    private let home: String?
    private var settings: [OptionSetting] = []
    private var problems: [ConfigurationRefusal.Problem] = []

    static func read(
        _ bytes: [UInt8], path: String, home: String?
    ) throws(ConfigurationRefusal) -> ConfigurationFile {
        let root: TOMLValue
        do {
            root = try TOMLDocument.parse(bytes)
        } catch {
            throw ConfigurationRefusal(.file(path, error.position), error.message.printable)
        }
        var reader = ConfigurationReader(path: path, home: home)
        reader.readTop(root)
        guard reader.problems.isEmpty else { throw ConfigurationRefusal(reader.problems) }
        return ConfigurationFile(path: path, settings: reader.settings)
    }

    private init(path: String, home: String?) {
        self.path = path
        self.home = home
    }

    private mutating func readTop(_ root: TOMLValue) {
        guard case .table(let entries) = root.content else { return }
        for entry in entries {
            guard let section = MountOption.Section(rawValue: entry.key) else {
                read(entry, in: nil)
                continue
            }
            guard case .table(let inner) = entry.value.content else {
                refuse(
                    entry.value.position,
                    "\(entry.key) is a section: expected [\(entry.key)], found"
                        + " \(entry.value.kind)" + belongs(entry.key, besides: nil))
                continue
            }
            for entry in inner { read(entry, in: section) }
        }
    }

    private mutating func read(_ entry: TOMLEntry, in section: MountOption.Section?) {
        let known = MountOption.settings.filter { $0.section == section }
        guard let option = known.first(where: { $0.name == entry.key }) else {
            return refuse(entry.position, unknown(entry, in: section, known.map(\.name)))
        }
        let text: String
        do {
            text = try self.text(of: entry.value, for: option)
            // For itself; what does not go together shows later.
            var scratch = MountOption.defaults
            try option.apply(text, to: &scratch)
        } catch {
            return refuse(entry.value.position, error.message.printable)
        }
        settings.append(
            OptionSetting(option: option, text: text, origin: .file(path, entry.position)))
    }

    private mutating func refuse(_ position: TOMLPosition, _ message: String) {
        problems.append(
            ConfigurationRefusal.Problem(origin: .file(path, position), message: message))
    }

    // MARK: - Keys

    private func unknown(
        _ entry: TOMLEntry, in section: MountOption.Section?, _ known: [String]
    ) -> String {
        let isTable = if case .table = entry.value.content { true } else { false }
        let key = entry.key.printable
        if section == nil, isTable {
            let names = MountOption.Section.allCases.map(\.rawValue)
            let hint = Spelling.nearest(to: entry.key, among: names)
            return "unknown section [\(key)]; expected \(names.joined(separator: ", "))"
                + (hint.map { "; did you mean [\($0)]?" } ?? "")
        }
        let place = section.map { "[\($0.rawValue)]" } ?? "front of the sections"
        let elsewhere = belongs(entry.key, besides: section)
        let hint = Spelling.nearest(
            to: entry.key, among: known + MountOption.settings.map(\.name))
        return "unknown key '\(key)' in \(place); expected \(known.joined(separator: ", "))"
            + (elsewhere.isEmpty ? hint.map { "; did you mean '\($0)'?" } ?? "" : elsewhere)
    }

    /// Where a key of this name would be right.
    private func belongs(_ key: String, besides section: MountOption.Section?) -> String {
        guard let option = MountOption.settings.first(where: { $0.name == key }),
            option.section != section
        else { return "" }
        let place = option.section.map { "in [\($0.rawValue)]" } ?? "in front of the sections"
        return "; '\(key)' belongs \(place)"
    }

    // MARK: - Values

    private func text(
        of value: TOMLValue, for option: MountOption
    ) throws(MountOption.Refusal) -> String {
        let expected: String
        switch (option.kind, value.content) {
        case (.flag, .boolean(let flag)), (.kernel, .boolean(let flag)): return "\(flag)"
        case (.flag, _), (.kernel, _): expected = "true or false"
        case (.count, .integer(let number)), (.identity, .integer(let number)): return "\(number)"
        case (.count, _), (.identity, _): expected = "a number without quotes"
        case (.path, .string(let text)): return try self.path(text, of: option)
        case (_, .string(let text)):
            guard text.printable == text else {
                throw MountOption.Refusal(
                    message: "\(option.name) holds a control character: expected"
                        + " \(option.value ?? "text")")
            }
            return text
        case (.path, _): expected = "a path in quotes, like \"/mnt/nas\""
        case (.size, _): expected = "a size in quotes, like \"512M\" or \"5GiB\""
        case (.time, _): expected = "a time in quotes, like \"30s\" or \"5m\""
        case (.octal, _): expected = "octal digits in quotes, like \"022\""
        case (.rates, _): expected = "a rate in quotes, like \"20MB/s\""
        case (.choice, _), (.configurationFile, _):
            expected = "one of \(option.value ?? "") in quotes"
        }
        throw MountOption.Refusal(
            message: "\(option.name) has a value of the wrong kind: expected \(expected),"
                + " found \(value.kind)")
    }

    /// From where a daemon is started, and by whom, a file cannot know: its paths are absolute.
    private func path(
        _ text: String, of option: MountOption
    ) throws(MountOption.Refusal) -> String {
        var path = text
        if text.hasPrefix("~/"), let home { path = home + text.dropFirst(1) }
        guard path.hasPrefix("/"), path.printable == path else {
            throw MountOption.Refusal(
                message: "\(option.name)=\(text) is not possible: expected an absolute path, like"
                    + " /mnt/nas or ~/nas")
        }
        return path
    }
}
