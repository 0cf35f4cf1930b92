import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import larder

/// Real directories, looked at by the built program as doctor has it do.
@Suite struct SurveyorTests {
    private let place: TemporaryDirectory
    /// Generous: only a failure waits for it.
    private let surveyor = Surveyor(
        program: BuiltProgram("larder").path, directoryTime: .seconds(30))

    init() throws {
        place = try TemporaryDirectory()
    }

    @Test func seesADirectoryAsItIs() throws {
        let path = try place.directory("here")
        let empty = try #require(surveyor.ask(Survey(.look, path)).directory)
        #expect(empty.probe.isEmpty && empty.probe.isOnParentDevice)
        #expect(empty.probe.path == path)
        #expect(empty.userID == Environment.userID && empty.mayWrite)
        #expect(empty.holes == nil)
        _ = try place.file("here/x")
        chmod(path, 0o751)
        let full = try #require(surveyor.ask(Survey(.look, path)).directory)
        #expect(!full.probe.isEmpty)
        #expect(full.mode == 0o751)
    }

    @Test func saysWhyADirectoryCannotBeSeen() throws {
        #expect(surveyor.ask(Survey(.look, "\(place.path)/nothing")) == .failed(.noSuchFile))
        let file = try place.file("file")
        #expect(surveyor.ask(Survey(.look, file)) == .failed(.notDirectory))
    }

    @Test func looksForACacheWhereItWouldBeMadeAndLeavesNothing() throws {
        let answer = surveyor.ask(Survey(.holes, "\(place.path)/a/b"))
        let found = try #require(answer.directory)
        #expect(found.missing == ["a", "b"])
        #expect(found.probe.path == place.path)
        #expect(found.holes == .given, "tests need a /tmp that gives holes back")
        var reader = DirectoryReader(try FileCalls.open(place.path, .directory))
        #expect(try reader.next()?.map(\.name) ?? [] == [])
    }

    /// Also a file system in memory gives holes back; what it is, the mount table knows.
    @Test func knowsACacheInMemory() throws {
        let table = try MountTable.current()
        guard table.entry(at: Array("/dev/shm".utf8))?.fileSystemType == "tmpfs" else { return }
        let gatherer = ViewFactsGatherer(table: table, surveyor: surveyor)
        let target = DoctorTarget(
            share: try place.directory("share"), view: try place.directory("view"),
            cache: "/dev/shm/larder-test-nothing", diskLimit: .gibibytes(5))
        let facts = try #require(gatherer.gather([target]).first)
        #expect(facts.cache?.family == .memory)
        #expect(facts.cache?.answer.directory?.holes == .given)
        #expect(facts.cache?.path == "/dev/shm/larder-test-nothing")
        #expect(facts.daemon == .none)
        let findings = CacheExamination.findings(facts)
        #expect(findings.contains { $0.check == .cacheFileSystem && $0.level == .warning })
        // The share is empty and not mounted.
        let share = ShareExamination.findings(facts)
        #expect(share.contains { $0.check == .shareMounted && $0.level == .problem })
    }

    @Test func aSurveyThatHangsIsLeftBehind() throws {
        let program = try place.file(
            "hangs", "#!/bin/sh\necho $$ > \(place.path)/pid\nexec sleep 600\n")
        chmod(program, 0o755)
        let hanging = Surveyor(program: program, directoryTime: .milliseconds(300))
        let silent = SurveyAnswer.silent(.milliseconds(300))
        // Together they take as long as one.
        #expect(hanging.ask([Survey(.look, "/"), Survey(.holes, "/")]) == [silent, silent])
    }

    @Test func aSurveyThatSaysNonsenseIsAnError() throws {
        let program = try place.file("nonsense", "#!/bin/sh\necho '{]'\n")
        chmod(program, 0o755)
        let answer = Surveyor(program: program, directoryTime: .seconds(30)).ask(Survey(.look, "/"))
        #expect(answer == .failed(.ioError))
    }

    @Test func measuresByReadingAndWritesNothing() throws {
        let share = try place.directory("share")
        _ = try place.directory("share/deep/down")
        let film = String(repeating: "0123456789abcdef", count: 1 << 19)
        _ = try place.file("share/deep/down/film", film)
        _ = try place.file("share/small", "x")
        let before = try FileCalls.attributes(ofPath: "\(share)/deep/down/film")
        guard case .measured(let measured) = surveyor.ask(Survey(.measure, share)) else {
            Issue.record("not measured")
            return
        }
        #expect(try #require(measured.roundTripMilliseconds) > 0)
        #expect(try #require(measured.bytesPerSecond) > 0)
        #expect(try #require(measured.singleBytesPerSecond) > 0)
        #expect(measured.bytes >= 8 << 20 && measured.bytes <= 9 << 20)
        let after = try FileCalls.attributes(ofPath: "\(share)/deep/down/film")
        #expect(after.modified == before.modified && after.changed == before.changed)
        #expect(after.accessed == before.accessed, "owners may leave the time of reading alone")
    }

    @Test func aShareWithoutFilesIsNotMeasured() throws {
        let share = try place.directory("share")
        #expect(
            surveyor.ask(Survey(.measure, share))
                == .measured(ShareMeasurement(lanes: ShareMeasurement.lanesUsual)))
    }
}
