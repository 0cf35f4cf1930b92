import Model

/// How files of each content type are dealt with: sections of the configuration file, and only of that.
extension MountOption {
    static let content = ContentType.allCases.flatMap { type -> [MountOption] in
        guard let section = Section(rawValue: "\(Section.contentGroup).\(type.word)") else {
            return []
        }
        return [
            MountOption(
                name: "match", section: section, value: "[PATTERN, …]",
                kind: .patterns(\.content[type].match), place: .file,
                summary: "files of this type, whatever their extension says"),
            MountOption(
                name: "chunk-size", section: section, value: "SIZE",
                kind: .chunkSize(\.content[type].chunkSize), place: .file,
                summary: "what they are cached in"
                    + " (\(defaults.content[type].chunkSize.exactText))"),
            MountOption(
                name: "compression", section: section, value: "auto|on|off",
                kind: .choice(\.content[type].compressionName), place: .file,
                summary: "on disk; auto: as it pays (auto)"),
            MountOption(
                name: "tier", section: section, value: "memory|disk|storage",
                kind: .choice(\.content[type].tierName), place: .file,
                summary: "where they stay; storage: on disk where there is none"
                    + " (\(defaults.content[type].tier.rawValue))"),
            MountOption(
                name: "prefetch-threshold", section: section, value: "0…1",
                kind: .probability(\.content[type].prefetchThreshold), place: .file,
                summary: "fetched ahead because of other files from this probability (any)"),
        ]
    }

    /// The name in messages that say no more of its place.
    var plainName: String { section?.isOfContent == true ? path : name }
}

extension MountOption.Section {
    static let contentGroup = "content"

    var isOfContent: Bool { rawValue.hasPrefix(Self.contentGroup + ".") }
}

extension ContentSettings {
    var tierName: MountOption.ChoiceName {
        get {
            MountOption.ChoiceName(word: tier.rawValue, words: Tier.allCases.map(\.rawValue))
        }
        set { tier = Tier(rawValue: newValue.word) ?? tier }
    }

    var compressionName: MountOption.ChoiceName {
        get {
            MountOption.ChoiceName(
                word: compression.rawValue, words: Compression.allCases.map(\.rawValue))
        }
        set { compression = Compression(rawValue: newValue.word) ?? compression }
    }
}

/// Patterns as one text: with commas between, `\` before commas and backslashes of their own.
enum PatternList {
    static func text(_ patterns: [String]) -> String {
        patterns.map { pattern in
            var escaped = ""
            for character in pattern {
                if character == "," || character == "\\" { escaped.append("\\") }
                escaped.append(character)
            }
            return escaped
        }.joined(separator: ",")
    }

    static func patterns(_ text: String) -> [String] {
        text.isEmpty ? [] : MountOptionParser.split(text)
    }
}
