/// Which content type a file is of, why, and what follows from it. Pure, and cheap to copy.
///
/// **What wins.** People's patterns come before the built-in table, and count for files of any size. Of those that match, an exact path wins over a pattern with
/// folders, that over one of names, and that over `*.xyz`; of two of one form the one with more that stands for itself; and else the one whose
/// type comes first (media, metadata, thumbnail, config, user data). The built-in table goes by folder, extension and leading dot, in
/// that order. Where all of them say nothing, the file's first bytes do, once somebody has them (``ContentSignature``).
///
/// **What it costs.** One look into a table by extension; patterns are tried only where there are any that are more than an extension.
public struct ContentRules: Hashable, Sendable {
    /// Without anything that somebody has set.
    public static let usual = ContentRules(ContentConfiguration())

    /// Patterns of one content type, at most.
    public static let patternsMax = 256

    private struct Rule: Hashable {
        var pattern: ContentPattern
        var type: ContentType
    }

    let settings: ContentConfiguration
    /// All but `*.xyz`, what wins first.
    private let patterns: [Rule]
    /// People's `*.xyz`.
    private let extensions: [ExtensionKey: Rule]

    public init(_ configuration: ContentConfiguration) {
        settings = configuration
        var rules: [Rule] = []
        for type in ContentType.allCases {
            rules += configuration[type].match.map { Rule(pattern: $0, type: type) }
        }
        // Sorting is not stable, so the order of types is said.
        rules.sort { left, right in
            (right.pattern.form, right.pattern.literalBytes, left.type.rawValue, left.pattern.text)
                < (
                    left.pattern.form, left.pattern.literalBytes, right.type.rawValue,
                    right.pattern.text
                )
        }
        patterns = rules.filter { $0.pattern.form != .fileExtension }
        extensions = rules.reduce(into: [:]) { table, rule in
            if let key = rule.pattern.extensionKey { table[key] = table[key] ?? rule }
        }
    }

    // MARK: - What follows from a type

    /// Bytes per chunk; a power of two.
    public func chunkSize(of type: ContentType) -> Int { Int(settings[type].chunkSize.bytes) }

    public func compression(of type: ContentType) -> CompressionRule {
        switch (settings[type].compression, type) {
        case (.on, _): .always
        case (.off, _), (.auto, .config): .never
        case (.auto, .media): .probe
        case (.auto, .metadata), (.auto, .thumbnail), (.auto, .userData): .whileItPays
        }
    }

    /// Where it stays what was fetched of such files.
    public func tier(of type: ContentType) -> ContentSettings.Tier { settings[type].tier }

    /// 0 ... 1; see ``ContentType/usualThreshold``.
    public func promotionThreshold(of type: ContentType) -> Double {
        settings[type].prefetchThreshold ?? type.usualThreshold
    }

    /// How likely a file must be read to be fetched ahead because of others; without the types that have no such condition.
    public var prefetchThresholds: [ContentType: Double] {
        ContentType.allCases.reduce(into: [:]) { $0[$1] = settings[$1].prefetchThreshold }
    }

    // MARK: - Which type

    /// - Parameters:
    ///   - path: the file's path below the share.
    ///   - size: bytes; tells a photograph (media) from a thumbnail.
    public func finding(of path: RelativePath, size: Int64) -> ContentFinding {
        guard let name = path.components.last else {
            return ContentFinding(type: .userData, reason: .nothing)
        }
        return finding(of: name, in: path.components.dropLast(), size: size)
    }

    /// - Parameter folder: components of the path of the folder in which the name is.
    public func finding(
        of name: Name, in folder: ArraySlice<Name>, size: Int64
    ) -> ContentFinding {
        if let rule = patterns.first(where: { $0.pattern.matches(name, in: folder) }) {
            return ContentFinding(type: rule.type, reason: .pattern(rule.pattern.text))
        }
        let key = ExtensionKey(ofName: name.bytes)
        if let key, !extensions.isEmpty, let rule = extensions[key] {
            return ContentFinding(type: rule.type, reason: .pattern(rule.pattern.text))
        }
        let found = Self.builtIn(name, key, folder.last)
        return found.type == .thumbnail && size >= Self.photographSizeMin
            ? ContentFinding(type: .media, reason: found.reason) : found
    }

    public func type(of path: RelativePath, size: Int64) -> ContentType {
        finding(of: path, size: size).type
    }

    /// What a file's first bytes say of it, for a file of which a finding says nothing.
    public func finding(_ signature: ContentSignature, size: Int64) -> ContentFinding {
        ContentFinding(type: signature.type(size: size), reason: .firstBytes(signature.format))
    }
}

/// A content type, and how it was recognised.
public struct ContentFinding: Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// A pattern of the configuration.
        case pattern(String)
        case folder
        case fileExtension
        case leadingDot
        /// The file begins as those of a format do (``ContentSignature/format``).
        case firstBytes(String)
        /// Neither name nor folder says anything.
        case nothing
    }

    public var type: ContentType
    public var reason: Reason

    public init(type: ContentType, reason: Reason) {
        self.type = type
        self.reason = reason
    }
}
