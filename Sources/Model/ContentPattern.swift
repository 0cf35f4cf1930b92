/// A pattern for paths below the share's root, as people write them: `*.xyz`, `Photos/**/*.jpg`, `/exact/path`.
///
/// Without a slash it is held against a file's name, in any folder; with one, against the whole path, with a slash in front or without.
/// `*` is any run of bytes but `/`, `?` one character, `**` as a whole component any number of folders, none included.
/// All else stands for itself, `[` too, which names of films are full of. Letters a to z match in either case.
public struct ContentPattern: Hashable, Sendable {
    /// What no pattern can be, in words that go on "is not possible: ".
    public struct Problem: Error, Hashable {
        public var expected: String
    }

    /// How exact a pattern is; the greater wins. Of two with the same, the one with more that stands for itself.
    enum Form: UInt8, Comparable {
        /// `*.xyz`
        case fileExtension
        /// Without a slash.
        case name
        /// With one.
        case path
        /// A path without `*` and `?`.
        case exact

        static func < (left: Form, right: Form) -> Bool { left.rawValue < right.rawValue }
    }

    private enum Part: Hashable {
        case anyFolders
        /// Of one component; letters a to z in lower case.
        case name([UInt8])
    }

    public static let bytesMax = 1024

    /// As it was written.
    public let text: String
    let form: Form
    /// Bytes that stand for themselves.
    let literalBytes: Int
    private let parts: [Part]

    public init(_ text: String) throws(Problem) {
        guard !text.isEmpty, text.utf8.count <= Self.bytesMax else {
            throw Problem(expected: "a pattern of 1 to \(Self.bytesMax) bytes")
        }
        let components = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
            .map { Array($0) }
        // A slash in front only says what is so anyway.
        let named =
            components.count > 1 && components[0].isEmpty ? components[1...] : components[...]
        guard !named.contains(where: { $0.isEmpty || Name($0).isDots || $0.contains(0) }) else {
            throw Problem(
                expected: "names of files between single slashes, like Photos/**/*.jpg;"
                    + " all files of a folder are Folder/**")
        }
        self.text = text
        var parts = named.map { component in
            component == [0x2A, 0x2A] && components.count > 1
                ? Part.anyFolders : .name(component.map(Self.lowercased))
        }
        // It is files that match: behind the last folders there is a name.
        if parts.last == .anyFolders { parts.append(.name([0x2A])) }
        self.parts = parts
        literalBytes = text.utf8.count { !Self.isWild($0) }
        form =
            if components.count == 1 {
                ExtensionKey(ofPattern: components[0]) == nil ? .name : .fileExtension
            } else {
                text.utf8.contains(where: Self.isWild) ? .path : .exact
            }
    }

    /// Of `*.xyz`: what is looked up for it.
    var extensionKey: ExtensionKey? {
        guard form == .fileExtension, case .name(let bytes) = parts.first else { return nil }
        return ExtensionKey(ofPattern: bytes)
    }

    /// - Parameter folder: components of the path of the folder in which the name is.
    public func matches(_ name: Name, in folder: ArraySlice<Name>) -> Bool {
        // Few names get farther.
        guard case .name(let last) = parts[parts.count - 1], Self.matches(last, name.bytes) else {
            return false
        }
        return form < .path || matches(name, below: folder)
    }

    private func matches(_ name: Name, below folder: ArraySlice<Name>) -> Bool {
        // Where one run of folders turns out too short, only the last begun can be made longer.
        var (part, component) = (0, 0)
        var retry: (part: Int, component: Int)?
        let count = folder.count + 1
        while component < count {
            if part < parts.count {
                switch parts[part] {
                case .anyFolders:
                    retry = (part, component)
                    part += 1
                    continue
                case .name(let pattern):
                    let found =
                        component < folder.count
                        ? folder[folder.startIndex + component] : name
                    if Self.matches(pattern, found.bytes) {
                        (part, component) = (part + 1, component + 1)
                        continue
                    }
                }
            }
            guard let last = retry else { return false }
            retry = (last.part, last.component + 1)
            (part, component) = (last.part + 1, last.component + 1)
        }
        return part == parts.count
    }

    private static func matches(_ pattern: [UInt8], _ bytes: [UInt8]) -> Bool {
        var (at, from) = (0, 0)
        var retry: (at: Int, from: Int)?
        while from < bytes.count {
            if at < pattern.count {
                if pattern[at] == 0x2A {
                    retry = (at, from)
                    at += 1
                    continue
                }
                if pattern[at] == 0x3F {
                    (at, from) = (at + 1, characterEnd(bytes, from))
                    continue
                }
                if pattern[at] == lowercased(bytes[from]) {
                    (at, from) = (at + 1, from + 1)
                    continue
                }
            }
            guard let last = retry else { return false }
            retry = (last.at, last.from + 1)
            (at, from) = (last.at + 1, last.from + 1)
        }
        return pattern[at...].allSatisfy { $0 == 0x2A }
    }

    /// Behind one character of UTF-8, or one byte of what is none.
    private static func characterEnd(_ bytes: [UInt8], _ start: Int) -> Int {
        var end = start + 1
        while bytes[start] >= 0xC0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }

    private static func isWild(_ byte: UInt8) -> Bool { byte == 0x2A || byte == 0x3F }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}

/// What stands behind the last dot of a name, in lower case: 16 bytes at most, without allocating.
struct ExtensionKey: Hashable, Sendable {
    static let bytesMax = 16

    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// nil where there is none, it is too long, or nothing is in front of the dot.
    init?(ofName name: [UInt8]) {
        var at = name.count - 1
        let least = max(0, name.count - 1 - Self.bytesMax)
        while at >= least, name[at] != 0x2E { at -= 1 }
        guard at >= max(1, least), at < name.count - 1 else { return nil }
        self.init(name[(at + 1)...])
    }

    /// nil where the pattern is another than `*.xyz`.
    init?(ofPattern pattern: [UInt8]) {
        guard pattern.starts(with: [0x2A, 0x2E]), (3...(2 + Self.bytesMax)).contains(pattern.count),
            pattern[2...].allSatisfy({ $0 != 0x2E && $0 != 0x2A && $0 != 0x3F })
        else { return nil }
        self.init(pattern[2...])
    }

    init(_ bytes: some Sequence<UInt8>) {
        var shift: UInt64 = 0
        for byte in bytes {
            let wide = UInt64(ContentPattern.lowercased(byte)) << (shift & 63)
            if shift < 64 { low |= wide } else { high |= wide }
            shift += 8
        }
    }
}
