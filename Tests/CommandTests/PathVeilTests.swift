import Model
import Testing

@testable import larder

@Suite struct PathVeilTests {
    private func text(
        _ veil: PathVeil, _ names: Name..., folder: Bool = false
    ) -> String {
        String(decoding: veil.text(RelativePath(names), number: 5, isFolder: folder), as: UTF8.self)
    }

    @Test func hashesPartsAndKeepsExtensions() throws {
        let veil = PathVeil(.hashed, salt: Array("salt".utf8))
        // sha256 of "saltfilms" and "salta.mkv".
        let path = text(veil, "films", "a.mkv")
        #expect(path == "df23982816e67d52/ff6e7dff5b77223e.mkv")
        #expect(text(veil, "films", folder: true) == "df23982816e67d52/")
        #expect(text(veil, "films", "films", folder: true) == "df23982816e67d52/df23982816e67d52/")
        #expect(text(veil, folder: true) == ".")
        #expect(text(PathVeil(.hashed, salt: [1]), "films", "a.mkv") != path)
        #expect(PathVeil.randomSalt() != PathVeil.randomSalt())
        #expect(PathVeil.randomSalt().count == 16)
    }

    @Test func leavesPathsOut() {
        let veil = PathVeil(.none)
        #expect(text(veil, "films", "a.mkv") == "?5")
        #expect(text(veil, "films", folder: true) == "?5/")
        #expect(text(veil, folder: true) == "?5/")
    }

    @Test func namesThatAreNoUTF8StayBytes() {
        let name: [UInt8] = [0x66, 0xFF, 0x2E, 0x6D]
        #expect(
            PathVeil(.full).text(RelativePath([Name(name)]), number: 5, isFolder: false) == name)
    }

    @Test(arguments: [
        ("a.mkv", ".mkv"), ("a.tar.gz", ".gz"), ("x.7z", ".7z"), ("x.PROPERTIES", ".PROPERTIES"),
        (".bashrc", ""), ("README", ""), ("a.", ""), ("letter to j. smith", ""),
        ("scan.20240501", ""), ("mail.somebody-else", ""), ("a.toolongtobeone", ""),
        ("a.größe", ""),
    ])
    func extensionsAreShortWords(name: String, found: String) {
        #expect(PathVeil.fileExtension(Array(name.utf8)) == Array(found.utf8))
    }
}
