import Glibc
import Model
import Platform
import TestSupport
import Testing

/// What is written for somebody goes where they said, or nowhere.
@Suite struct OutputFileTests {
    private let place: TemporaryDirectory
    private static let isRoot = Environment.userID == 0
    /// Not root and not the tests'.
    private static let stranger = Environment.userID + 12_345

    init() throws {
        place = try TemporaryDirectory()
    }

    private func path(_ name: String) -> String { "\(place.path)/\(name)" }

    private func text(_ name: String) throws -> String {
        String(decoding: try FileContents.read(path(name)), as: UTF8.self)
    }

    private func link(_ name: String, to target: String) throws {
        try FileCalls.makeSymbolicLink(
            at: FileCalls.workingDirectory, Name(path(name)), to: Array(target.utf8))
    }

    private func own(_ name: String, _ user: UInt32) throws {
        try #require(lchown(path(name), user, user) == 0)
    }

    private func open(
        _ name: String, _ existing: OutputFile.Existing = .append, _ others: OutputFile.Others = []
    ) throws(FileRefusal) -> OutputFile {
        try OutputFile.open(path(name), existing: existing, others: others)
    }

    private func refusal(
        _ name: String, _ existing: OutputFile.Existing = .append,
        _ others: OutputFile.Others = [.pipes, .devices]
    ) -> FileRefusal? {
        do {
            _ = try open(name, existing, others)
            return nil
        } catch {
            return error
        }
    }

    @Test func aNewFileIsTheCallersAlone() throws {
        let file = try open("new", .refuse)
        try FileContents.write(file.descriptor.rawValue, Array("text".utf8))
        #expect(try text("new") == "text")
        #expect(try FileCalls.attributes(of: file.descriptor.rawValue).mode & 0o777 == 0o600)
        #expect(file.place != nil && file.isNamed)
        let flags = fcntl(file.descriptor.rawValue, F_GETFL)
        #expect(flags & O_NONBLOCK == 0, "for opening only")
        #expect(fcntl(file.descriptor.rawValue, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test func whatIsThereIsRefusedAppendedToOrTruncated() throws {
        _ = try place.file("old", "one")
        #expect(refusal("old", .refuse) == .failed(path: path("old"), .exists))
        #expect(try text("old") == "one")
        try open("old", .append).descriptor.withRawValue {
            try FileContents.write($0, Array("two".utf8))
        }
        #expect(try text("old") == "onetwo")
        _ = try open("old", .truncate)
        #expect(try text("old") == "")
    }

    @Test(arguments: [OutputFile.Existing.refuse, .append, .truncate])
    func symbolicLinksAreNotFollowed(existing: OutputFile.Existing) throws {
        try link("dangling", to: path("victim"))
        #expect(refusal("dangling", existing) == .symbolicLink(path: path("dangling")))
        #expect(throws: Errno.noSuchFile) { try FileCalls.attributes(ofPath: path("victim")) }
        _ = try place.file("there", "text")
        try link("link", to: path("there"))
        #expect(refusal("link", existing) == .symbolicLink(path: path("link")))
        #expect(try text("there") == "text")
        try link("null", to: "/dev/null")
        #expect(refusal("null", existing) == .symbolicLink(path: path("null")))
    }

    /// Nothing here waits, or the test would not end.
    @Test func aFIFOIsWrittenToOnlyWhenSomebodyReads() throws {
        try #require(mkfifo(path("fifo"), 0o600) == 0)
        #expect(refusal("fifo", .refuse, []) == .notRegular(path: path("fifo"), .fifo))
        #expect(refusal("fifo", .refuse, .devices) == .notRegular(path: path("fifo"), .fifo))
        #expect(refusal("fifo", .refuse, .pipes) == .nobodyReads(path: path("fifo")))
        let reader = try FileCalls.open(path("fifo"), [.readOnly, .nonBlocking])
        let writer = try open("fifo", .refuse, .pipes)
        #expect(writer.place == nil)
        try FileContents.write(writer.descriptor.rawValue, [7])
        var byte: UInt8 = 0
        #expect(read(reader.rawValue, &byte, 1) == 1)
        #expect(byte == 7)
    }

    @Test func otherKindsAreRefused() throws {
        _ = try place.directory("folder")
        #expect(refusal("folder") == .notRegular(path: path("folder"), .directory))
        #expect(refusal("folder/") == .failed(path: path("folder/"), .isDirectory))
        #expect(refusal("none/file") == .failed(path: path("none/file"), .noSuchFile))
        let directory = try FileCalls.open(place.path, .directory)
        _ = try UnixSocket.listen(in: directory.rawValue, name: "socket", backlog: 1)
        #expect(refusal("socket") == .notRegular(path: path("socket"), .socket))
    }

    @Test func aFileWithOtherNamesIsRefused() throws {
        _ = try place.file("victim", "text")
        try #require(Glibc.link(path("victim"), path("second")) == 0)
        #expect(refusal("second", .truncate) == .linked(path: path("second")))
        #expect(try text("victim") == "text")
    }

    @Test(.enabled(if: Requirement.isMet(isRoot), "needs root"))
    func whatBelongsToOthersIsRefused() throws {
        _ = try place.file("theirs", "text")
        try own("theirs", Self.stranger)
        #expect(
            refusal("theirs", .truncate) == .foreign(path: path("theirs"), owner: Self.stranger))
        #expect(try text("theirs") == "text")
        try #require(mkfifo(path("fifo"), 0o666) == 0)
        try own("fifo", Self.stranger)
        let reader = try FileCalls.open(path("fifo"), [.readOnly, .nonBlocking])
        #expect(refusal("fifo") == .foreign(path: path("fifo"), owner: Self.stranger))
        #expect(reader.rawValue >= 0)
    }

    @Test(.enabled(if: Requirement.isMet(isRoot), "needs root"))
    func linksOfOthersOnTheWayAreNotFollowed() throws {
        _ = try place.directory("target")
        try link("ours", to: "target")
        _ = try open("ours/file", .refuse)
        #expect(try FileCalls.attributes(ofPath: path("target/file")).isRegular)
        try link("theirs", to: "target")
        try own("theirs", Self.stranger)
        guard case .foreignLink(_, Self.stranger) = refusal("theirs/other", .refuse) else {
            Issue.record("\(String(describing: refusal("theirs/other", .refuse)))")
            return
        }
        #expect(throws: Errno.noSuchFile) { try FileCalls.attributes(ofPath: path("target/other")) }
    }

    @Test func linksThatLeadInCirclesEnd() throws {
        try link("a", to: "b")
        try link("b", to: "a")
        #expect(refusal("a/file") == .failed(path: path("a/file"), .symlinkLoop))
    }

    @Test func devicesAndOpenDescriptorsAreTaken() throws {
        #expect(try OutputFile.open("/dev/null", existing: .refuse, others: .devices).place == nil)
        #expect(throws: FileRefusal.notRegular(path: "/dev/null", .characterDevice)) {
            try OutputFile.open("/dev/null", existing: .refuse)
        }
        let pipe = try Pipe()
        let writing = try #require(pipe.writing).rawValue
        // One of our own is nobody's to name.
        #expect(throws: FileRefusal.failed(path: "/dev/fd/\(writing)", .badDescriptor)) {
            try OutputFile.open("/dev/fd/\(writing)", existing: .refuse)
        }
        let inherited = dup(writing)
        defer { close(inherited) }
        for folder in ["/dev/fd", "/proc/self/fd"] {
            let file = try OutputFile.open("\(folder)/\(inherited)", existing: .refuse)
            #expect(file.place == nil)
            try FileContents.write(file.descriptor.rawValue, [9])
            var byte: UInt8 = 0
            #expect(read(pipe.reading.rawValue, &byte, 1) == 1)
        }
    }

    @Test func aNameIsTakenAwayOnlyFromTheFileItself() throws {
        let file = try open("file", .refuse)
        try file.rename(to: "moved")
        _ = try place.file("file", "another")
        #expect(!file.isNamed)
        file.remove()
        #expect(try text("file") == "another")
    }

    /// A refusal says which path and what to do.
    @Test func refusalsHelp() throws {
        try link("link", to: "x")
        try #require(mkfifo(path("fifo"), 0o600) == 0)
        for (name, words) in [("link", "name the file itself"), ("fifo", "start the reader")] {
            let said = refusal(name)?.description ?? ""
            #expect(said.contains(path(name)) && said.contains(words), "\(said)")
        }
    }
}
