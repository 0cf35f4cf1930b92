import Glibc
import Model
import Platform
import TestSupport
import Testing

/// What is read for somebody is never waited for without an end.
@Suite struct InputFileTests {
    private let place: TemporaryDirectory

    init() throws {
        place = try TemporaryDirectory()
    }

    private func path(_ name: String) -> String { "\(place.path)/\(name)" }

    @Test func regularFilesAreReadThroughLinksToo() throws {
        _ = try place.file("file", "text")
        try #require(symlink("file", path("link")) == 0)
        for name in ["file", "link"] {
            #expect(try FileContents.read(path(name)) == Array("text".utf8))
            let stream = try InputFile.openStream(path(name))
            #expect(try FileContents.read(stream.rawValue, bytesMax: 9) == Array("text".utf8))
        }
    }

    @Test func wholeFilesAreRegularOnes() throws {
        try #require(mkfifo(path("fifo"), 0o600) == 0)
        #expect(throws: Errno.invalid) { try FileContents.read(path("fifo")) }
        #expect(throws: Errno.invalid) { try FileContents.read("/dev/zero") }
        #expect(throws: Errno.isDirectory) { try FileContents.read(place.path) }
        #expect(throws: Errno.noSuchFile) { try FileContents.read(path("none")) }
        #expect(try !FileContents.read("/proc/self/mountinfo").isEmpty)
    }

    @Test func aFIFOIsWaitedForOnlySoLong() throws {
        try #require(mkfifo(path("fifo"), 0o600) == 0)
        let time = Duration.milliseconds(10)
        #expect(throws: FileRefusal.nobodyWrites(path: path("fifo"), within: time)) {
            _ = try InputFile.openStream(path("fifo"), writerTime: time)
        }
        // Both, so that neither end waits for the other.
        let writer = try FileCalls.open(path("fifo"), [.readWrite, .nonBlocking])
        try FileContents.write(writer.rawValue, [7])
        let stream = try InputFile.openStream(path("fifo"), writerTime: .seconds(60))
        var byte: UInt8 = 0
        #expect(read(stream.rawValue, &byte, 1) == 1)
        #expect(fcntl(stream.rawValue, F_GETFL) & O_NONBLOCK == 0)
    }

    @Test(.enabled(if: Requirement.isMet(Environment.userID == 0), "needs root"))
    func aFIFOOfOthersIsRefused() throws {
        try #require(mkfifo(path("fifo"), 0o666) == 0 && lchown(path("fifo"), 4321, 4321) == 0)
        #expect(throws: FileRefusal.foreign(path: path("fifo"), owner: 4321)) {
            _ = try InputFile.openStream(path("fifo"))
        }
    }

    @Test func openDescriptorsAreTakenByName() throws {
        let pipe = try Pipe()
        let inherited = dup(pipe.reading.rawValue)
        defer { close(inherited) }
        try FileContents.write(try #require(pipe.writing).rawValue, [7])
        let stream = try InputFile.openStream("/dev/fd/\(inherited)")
        var byte: UInt8 = 0
        #expect(read(stream.rawValue, &byte, 1) == 1)
        #expect(InheritedDescriptor.number(ofPath: "/dev/stdin") == 0)
        #expect(InheritedDescriptor.number(ofPath: "/dev/fd/x") == nil)
        #expect(InheritedDescriptor.number(ofPath: "/dev/fd/") == nil)
        #expect(InheritedDescriptor.number(ofPath: "dev/stdin") == nil)
    }
}
