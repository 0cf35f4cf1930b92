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
            if entry.key == MountOption.Section.contentGroup,
                case .table(let inner) = entry.value.content
            {
                for kind in inner { readSection(kind, named: "\(entry.key).\(kind.key)") }
            } else {
                readSection(entry, named: entry.key)
            }
        }
    }

    /// - Parameter name: with the group that it is in, if it is in one.
    private mutating func readSection(_ entry: TOMLEntry, named name: String) {
        guard let section = MountOption.Section(rawValue: name) else {
            return read(entry, in: nil, named: name)
        }
        guard case .table(let inner) = entry.value.content else {
            return refuse(
                entry.value.position,
                "\(name) is a section: expected [\(name)], found \(entry.value.kind)"
                    + belongs(entry.key, besides: nil))
        }
        for entry in inner {
            let below = "\(name).\(entry.key)"
            if MountOption.Section(rawValue: below) != nil {
                readSection(entry, named: below)
            } else {
                read(entry, in: section, named: entry.key)
            }
        }
    }

    /// - Parameter name: for people, with the group that it is in.
    private mutating func read(
        _ entry: TOMLEntry, in section: MountOption.Section?, named name: String
    ) {
        let known = MountOption.settings.filter { $0.section == section }
        guard let option = known.first(where: { $0.key == name }) else {
            return refuse(
                entry.position, unknown(entry, name, in: section, known.map(\.key)))
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
        _ entry: TOMLEntry, _ name: String, in section: MountOption.Section?, _ known: [String]
    ) -> String {
        let isTable = if case .table = entry.value.content { true } else { false }
        let key = name.printable
        if section == nil, isTable {
            let names = MountOption.Section.allCases.map(\.rawValue)
            let hint = Spelling.nearest(to: name, among: names)
            return "unknown section [\(key)]; expected \(names.joined(separator: ", "))"
                + (hint.map { "; did you mean [\($0)]?" } ?? "")
        }
        let place = section.map { "[\($0.rawValue)]" } ?? "front of the sections"
        let elsewhere = belongs(name, besides: section)
        let hint = Spelling.nearest(
            to: name, among: known + MountOption.settings.map(\.key))
        return "unknown key '\(key)' in \(place); expected \(known.joined(separator: ", "))"
            + (elsewhere.isEmpty ? hint.map { "; did you mean '\($0)'?" } ?? "" : elsewhere)
    }

    /// Where a key of this name would be right.
    private func belongs(_ key: String, besides section: MountOption.Section?) -> String {
        guard
            let option = MountOption.settings.first(where: { $0.key == key || $0.name == key }),
            option.section != section || option.key != key
        else { return "" }
        let place = option.section.map { "in [\($0.rawValue)]" } ?? "in front of the sections"
        let name = option.key == key ? "" : " as '\(option.key)'"
        return "; '\(key)' belongs \(place)\(name)"
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
        case (.probability, .float), (.probability, .integer): return value.source
        case (.probability, _): expected = "a number from 0 to 1 without quotes, like 0.75"
        case (.patterns, .array(let elements)): return try patterns(elements, of: option)
        case (.patterns, _): expected = "patterns in brackets, like [\"*.xyz\", \"Photos/**\"]"
        case (.path, .string(let text)): return try self.path(text, of: option)
        case (_, .string(let text)):
            guard text.printable == text else {
                throw MountOption.Refusal(
                    message: "\(option.name) holds a control character: expected"
                        + " \(option.value ?? "text")")
            }
            return text
        case (.path, _): expected = "a path in quotes, like \"/mnt/nas\""
        case (.chunkSize, _): expected = "a size in quotes, like \"64K\" or \"1M\""
        case (.size, _): expected = "a size in quotes, like \"512M\" or \"5GiB\""
        case (.time, _): expected = "a time in quotes, like \"30s\" or \"5m\""
        case (.octal, _): expected = "octal digits in quotes, like \"022\""
        case (.rates, _): expected = "a rate in quotes, like \"20MB/s\""
        case (.quietHours, _): expected = "hours in quotes, like \"23:00-07:00\""
        case (.choice, _), (.configurationFile, _):
            expected = "one of \(option.value ?? "") in quotes"
        }
        throw MountOption.Refusal(
            message: "\(option.plainName) has a value of the wrong kind: expected \(expected),"
                + " found \(value.kind)")
    }

    private func patterns(
        _ elements: [TOMLValue], of option: MountOption
    ) throws(MountOption.Refusal) -> String {
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element.content, !text.isEmpty, text.printable == text
            else {
                throw MountOption.Refusal(
                    message: "\(option.plainName) holds something else than patterns: expected"
                        + " text in quotes without control characters, like \"*.xyz\"")
            }
            texts.append(text)
        }
        return PatternList.text(texts)
    }

    /// From where a daemon is started, and by whom, a file cannot know: its paths are absolute.
    private func path(
        _ text: String, of option: MountOption
    ) throws(MountOption.Refusal) -> String {
        var path = text
        if text.hasPrefix("~/"), let home { path = home + text.dropFirst(1) }
        guard path.hasPrefix("/"), path.printable == path else {
            throw MountOption.Refusal(
                message:
                    "\(option.plainName)=\(text) is not possible: expected an absolute path, like"
                    + " /mnt/nas or ~/nas")
        }
        return path
    }
}
