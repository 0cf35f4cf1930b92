import Model
import Platform

/// The sources as text, for rules that no compiler checks.
struct SourceTree {
    struct File {
        /// From the root of the package: `Sources/Model/Name.swift`.
        var path: String
        var lines: [String]

        /// The folder below `Sources`: `Model`.
        var room: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

        /// Modules named in import lines.
        var imports: [String] {
            lines.compactMap { line in
                var words = line.split(separator: " ").map(String.init)[...]
                while let word = words.first,
                    word.hasPrefix("@") || Self.accessLevels.contains(word)
                {
                    words.removeFirst()
                }
                guard words.first == "import", words.count >= 2 else { return nil }
                // `import struct Module.Type` names the module in its last word.
                let name =
                    words.count > 2 && !words[words.startIndex + 2].hasPrefix("//")
                    ? words[words.startIndex + 2] : words[words.startIndex + 1]
                return name.split(separator: ".").first.map(String.init)
            }
        }

        private static let accessLevels: Set<String> = [
            "public", "package", "internal", "fileprivate", "private",
        ]
    }

    /// Every Swift file under `Sources` and `Tests`.
    let files: [File]
    /// Where they are.
    let root: String

    init() throws {
        // Tests/TidyTests/SourceTree.swift, two folders below the root.
        var root = #filePath
        for _ in 0..<3 { root = RealPath.split(root).parent }
        self.root = root
        var files: [File] = []
        for top in ["Sources", "Tests"] { try Self.collect(root, top, into: &files) }
        self.files = files.sorted { $0.path < $1.path }
    }

    var sources: [File] { files.filter { $0.path.hasPrefix("Sources/") } }

    private static func collect(_ root: String, _ folder: String, into files: inout [File]) throws {
        var reader = DirectoryReader(try FileCalls.open("\(root)/\(folder)", .directory))
        while let batch = try reader.next() {
            for entry in batch {
                let path = "\(folder)/\(entry.name)"
                let attributes = try FileCalls.attributes(ofPath: "\(root)/\(path)")
                if attributes.isDirectory {
                    try collect(root, path, into: &files)
                } else if path.hasSuffix(".swift") {
                    let text = try FileContents.read("\(root)/\(path)")
                    let lines = String(decoding: text, as: UTF8.self)
                        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                    files.append(File(path: path, lines: lines))
                }
            }
        }
    }
}
