import Model
import Platform
import Testing

@Suite struct RealPathTests {
    @Test(arguments: [
        ("/", "/"), ("/a/b", "/a/b"), ("/a//b/", "/a/b"), ("/a/./b/../c", "/a/c"),
        ("/../..", "/"), ("x", "/here/x"), ("../x/.", "/x"), ("", "/here"),
    ])
    func lexical(path: String, absolute: String) {
        #expect(RealPath.lexical(path, from: "/here") == absolute)
    }

    @Test func bytesThatAreNoUTF8Survive() {
        #expect(RealPath.lexical([0xFF], from: [0x2F, 0xC3]) == [0x2F, 0xC3, 0x2F, 0xFF])
    }

    @Test(arguments: [("/a/b", "/a", "b"), ("/a", "/", "a"), ("/", "/", ""), ("a", ".", "a")])
    func split(path: String, parent: String, last: String) {
        #expect(RealPath.split(path) == (parent, last))
    }

    @Test func resolvesWhatExistsAndTheParentOfWhatDoesNot() throws {
        #expect(try RealPath.resolve("/proc/../usr/./bin/..") == "/usr")
        #expect(throws: Errno.noSuchFile) { try RealPath.resolve("/nonexistent/x") }
        #expect(try RealPath.resolveParent("/usr/bin/../nonexistent") == "/usr/nonexistent")
        #expect(try RealPath.resolveParent("/") == "/")
    }
}
