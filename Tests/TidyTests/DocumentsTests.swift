import Foundation
import Platform
import Testing

/// Documents that promise something name the tests that hold it, and these exist.
@Suite struct DocumentsTests {
    @Test(arguments: ["docs/SECURITY.md", "docs/SEMANTICS.md"])
    func everyTestThatIsNamedExists(document: String) throws {
        let tree = try SourceTree()
        let text = String(
            decoding: try FileContents.read(tree.root + "/" + document), as: UTF8.self)
        var defined: Set<String> = []
        for file in tree.files where file.path.hasPrefix("Tests/") {
            for line in file.lines {
                let words = line.split { !$0.isLetter && !$0.isNumber }.map(String.init)
                for (word, next) in zip(words, words.dropFirst())
                where ["func", "struct", "class"].contains(word) { defined.insert(next) }
            }
        }
        var named = 0
        for row in text.split(separator: "\n") where row.hasPrefix("| ") {
            // Names of tests and suites stand in the last column.
            for word in Self.codeInLastColumn(of: row) {
                guard let name = word.split(separator: ".").last.map(String.init),
                    name.count > 8, name.allSatisfy({ $0.isLetter || $0.isNumber })
                else { continue }
                named += 1
                #expect(defined.contains(name), "\(document) names \(name)")
            }
        }
        #expect(named > 20)
    }

    /// What is said of real servers has a scenario that shows it, and each scenario says what it is for.
    @Test func everyScenarioIsInTheTableOfPromises() throws {
        let root = try SourceTree().root
        let text = String(
            decoding: try FileContents.read(root + "/docs/MACHINES.md"), as: UTF8.self)
        let section = try #require(
            text.components(separatedBy: "## Which scenario shows").dropFirst().first)
        var named: Set<String> = []
        for row in section.components(separatedBy: "\n## ")[0].split(separator: "\n")
        where row.hasPrefix("| ") {
            named.formUnion(Self.codeInLastColumn(of: row).map(String.init))
        }
        let scenarios = try FileManager.default.contentsOfDirectory(
            atPath: root + "/Tests/Machines/scenarios")
        #expect(named == Set(scenarios))
        #expect(named.count > 30)
    }

    private static func codeInLastColumn(of row: Substring) -> [Substring] {
        let cell = row.split(separator: "|").last ?? ""
        return cell.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }
}
