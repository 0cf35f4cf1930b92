import Model
import Platform
import TestSupport
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

    @Test func linksAreFollowedUpToWhatIsLeftAlone() throws {
        let place = try TemporaryDirectory()
        let base = place.path
        _ = try place.directory("a")
        _ = try place.directory("a/mount")
        for (target, name) in [
            ("a", "link"), ("\(base)/a/mount", "far"), ("elsewhere", "a/mount/inside"),
            ("loop", "loop"),
        ] {
            try FileCalls.makeSymbolicLink(
                at: FileCalls.workingDirectory, Name("\(base)/\(name)"), to: Array(target.utf8))
        }
        func resolve(_ path: String) -> String? {
            RealPath.resolve(path) { $0 == Array("\(base)/a/mount".utf8) }.map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        #expect(resolve("\(base)/link/./mount/") == "\(base)/a/mount")
        #expect(resolve("\(base)/link/../far/x") == "\(base)/a/mount/x")
        #expect(resolve("\(base)/far/inside") == "\(base)/a/mount/inside")
        #expect(resolve("\(base)/none/x") == "\(base)/none/x")
        #expect(resolve("\(base)/loop") == nil)
        #expect(resolve("\(base)/far/inside/..") == nil)
        #expect(resolve("/") == "/")
    }
}
