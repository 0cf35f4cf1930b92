public import Model
import Platform

/// A page of the manual, as far as tests hold it against the code: mdoc(7), line by line.
public struct ManualPage: Sendable {
    /// What stands behind one `.It`.
    public struct Item: Sendable {
        /// Options and words that it is about: `--json`, `-o`, `memory`.
        public var names: [String]
        /// The line itself, without `.It`.
        public var head: String
        var body: [String]

        /// What the text names as the default.
        public var standard: String? {
            guard let index = body.firstIndex(of: "The default is"), index + 1 < body.count else {
                return nil
            }
            let words = body[index + 1].split(separator: " ")
            guard words.count >= 2, words[0] == ".Cm" else { return nil }
            return String(words[1])
        }

        /// Whether a sentence begins with this word.
        public func says(_ word: String) -> Bool { body.contains { $0.hasPrefix(word) } }
    }

    private var lines: [String]

    /// - Parameter name: of the file in `man`.
    public init(_ name: String) throws(Errno) {
        let bytes = try FileContents.read(PackageRoot.path("man/\(name)"))
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private init(lines: [String]) {
        self.lines = lines
    }

    /// The part below a heading.
    public func section(_ title: String) -> ManualPage {
        guard let start = lines.firstIndex(of: ".Sh \(title)") else { return ManualPage(lines: []) }
        let rest = lines[(start + 1)...].prefix { !$0.hasPrefix(".Sh ") }
        return ManualPage(lines: Array(rest))
    }

    public func contains(_ line: String) -> Bool { lines.contains(line) }

    /// Its parts, in their order.
    public var parts: [(title: String, page: ManualPage)] {
        var parts: [(title: String, page: ManualPage)] = []
        for line in lines {
            if line.hasPrefix(".Ss ") {
                parts.append((String(line.dropFirst(4)), ManualPage(lines: [])))
            } else if !parts.isEmpty {
                parts[parts.count - 1].page.lines.append(line)
            }
        }
        return parts
    }

    public var items: [Item] {
        var items: [Item] = []
        for line in lines {
            if line.hasPrefix(".It ") {
                let head = String(line.dropFirst(4))
                items.append(Item(names: Self.names(head), head: head, body: []))
            } else if line == ".El" {
                continue
            } else if !items.isEmpty {
                items[items.count - 1].body.append(line)
            }
        }
        return items
    }

    /// `Fl o Ar X , Fl -options Ar X` is about `-o` and `--options`, `Cm ro` about `ro`.
    private static func names(_ head: String) -> [String] {
        var names: [String] = []
        var isStart = true
        let words = head.split(separator: " ")
        for (index, word) in words.enumerated() {
            if isStart, index + 1 < words.count {
                if word == "Fl" { names.append("-" + words[index + 1]) }
                if word == "Cm" { names.append(String(words[index + 1])) }
                if word != "Fl", word != "Cm" { names.append(String(word)) }
            } else if isStart {
                names.append(String(word))
            }
            isStart = word == ","
        }
        return names
    }
}

/// Where the sources of the running tests are.
public enum PackageRoot {
    public static func path(_ relative: String) -> String {
        // Tests/TestSupport/ManualPage.swift, two folders below the root.
        var root = #filePath
        for _ in 0..<3 { root = RealPath.split(root).parent }
        return "\(root)/\(relative)"
    }
}
