import Control
import FoundationEssentials
import Glibc
import Model
import Platform
import TestSupport
import Testing

/// Mounts, as people see them: the built program, started as a process of its own.
@Suite(.enabled(if: Requirement.hasFuse, "\(Requirement.fuseMissing)"))
struct MountLifecycleTests {
    private let place: TemporaryDirectory
    private let share: String
    private let view: String
    private let larder = BuiltProgram("larder")

    init() throws {
        place = try TemporaryDirectory()
        share = try place.directory("share")
        view = try place.directory("view")
        _ = try place.file("share/film", String(repeating: "pictures ", count: 50_000))
        _ = try place.directory("share/folder")
        _ = try place.file("share/folder/note", "text")
    }

    private func run(_ arguments: String...) throws -> BuiltProgram.Result {
        try larder.run(arguments, environment: ["LARDER_RUNTIME_DIR": "\(place.path)/run"])
    }

    private func mount(_ more: String...) throws -> BuiltProgram.Result {
        try larder.run(
            ["mount", "--background", "-o", "cache=\(place.path)/cache,disk=64M"] + more
                + [share, view],
            environment: ["LARDER_RUNTIME_DIR": "\(place.path)/run"])
    }

    private var isMounted: Bool {
        get throws { try MountTable.current().entry(at: Array(view.utf8)) != nil }
    }

    private func contents(_ path: String) throws -> String {
        String(decoding: try FileContents.read(path), as: UTF8.self)
    }

    private var leftovers: [String] {
        get throws {
            var reader = DirectoryReader(try FileCalls.open("\(place.path)/run", .directory))
            var names: [String] = []
            while let batch = try reader.next() { names += batch.map(\.name.description) }
            return names
        }
    }

    /// Whatever a test did: the view must not outlive it.
    private func cleanUp() {
        _ = try? run("unmount", "--lazy", view)
    }

    @Test func backgroundMountIsUsableWhenItReturnsAndGoneAfterUnmount() throws {
        defer { cleanUp() }
        #expect(try mount() == BuiltProgram.Result(code: 0, output: ""))
        #expect(try contents("\(view)/film") == contents("\(share)/film"))
        #expect(try contents("\(view)/folder/note") == "text")
        #expect(try run("unmount", view) == BuiltProgram.Result(code: 0, output: ""))
        #expect(try !isMounted)
        #expect(try leftovers == [])
        let again = try run("unmount", view)
        #expect(again.code == 3)
        #expect(again.output.contains("is not mounted"))
    }

    @Test func aSecondMountHasNothingToDo() throws {
        defer { cleanUp() }
        #expect(try mount().code == 0)
        let second = try mount()
        #expect(second.code == 3)
        #expect(second.output.contains("already"))
        #expect(try run("unmount", view).code == 0)
    }

    @Test func failuresComeBackToTheTerminal() throws {
        let result = try run(
            "mount", "--background", "-o", "cache=\(place.path)/cache", "\(place.path)/nas", view)
        #expect(result.code == 1)
        #expect(
            result.output
                == "larder: the share \(place.path)/nas does not exist: create or mount it first\n")
        #expect(try run("mount", "--background", "-o", "lanes=0", share, view).code == 2)
        let log = try run(
            "mount", "--background", "-o", "cache=\(place.path)/cache,logfile=/nonexistent/log",
            share, view)
        #expect(log.code == 1)
        #expect(log.output.contains("/nonexistent/log"))
        #expect(try !isMounted)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func signalsUnmountAndEndWithSuccess(signal: Int32) throws {
        defer { cleanUp() }
        let daemon = try larder.start(
            ["mount", "-o", "cache=\(place.path)/cache,log=warning", share, view],
            environment: ["LARDER_RUNTIME_DIR": "\(place.path)/run"])
        #expect(try Eventually.holds { try isMounted && contents("\(view)/folder/note") == "text" })
        kill(daemon.pid, signal)
        #expect(try daemon.wait() == .exited(code: 0))
        #expect(try !isMounted)
        #expect(try leftovers == [])
    }

    @Test func fusermountEndsTheDaemonWithSuccess() throws {
        defer { cleanUp() }
        let daemon = try larder.start(
            ["mount", "-o", "cache=\(place.path)/cache,log=warning", share, view],
            environment: ["LARDER_RUNTIME_DIR": "\(place.path)/run"])
        #expect(try Eventually.holds { try isMounted && contents("\(view)/folder/note") == "text" })
        let fusermount = try #require(ChildProcess.find("fusermount3", searchPath: nil))
        // Another test's process may hold our files between its fork and its exec.
        try #require(
            Eventually.holds {
                try ChildProcess.run(fusermount, ["-u", view]).ending == .exited(code: 0)
            })
        #expect(try daemon.wait() == .exited(code: 0))
        #expect(try leftovers == [])
    }

    @Test func busyViewsAreLeftAloneAndTheirUsersNamed() throws {
        defer { cleanUp() }
        #expect(try mount().code == 0)
        var user: DescriptorReference? = DescriptorReference(
            try FileCalls.open("\(view)/film", .readOnly))
        let refused = try run("unmount", view)
        #expect(refused.code == 1)
        #expect(refused.output.contains("is in use by"))
        #expect(refused.output.contains("(\(getpid()))"))
        #expect(refused.output.contains("--lazy"))
        #expect(try run("unmount", "--lazy", view).code == 0)
        #expect(try !isMounted)
        // What is open stays readable, and the daemon lives for it.
        let rest = try FileContents.read(try #require(user).rawValue, bytesMax: 1 << 20)
        #expect(rest.count == 450_000)
        user = nil
        #expect(try Eventually.holds { try leftovers == [] })
    }

    @Test func aDeadViewIsTakenAwayAtTheNextMount() throws {
        defer { cleanUp() }
        #expect(try mount().code == 0)
        let entry = try #require(
            MountRegistry(
                try RuntimeDirectory(path: "\(place.path)/run", owner: Environment.userID).prepare()
            ).entry(forView: Array(view.utf8)))
        kill(entry.pid, SIGKILL)
        #expect(Eventually.holds { (try? contents("\(view)/folder/note")) == nil })
        #expect(try run("status", view).code == 1)
        let again = try mount()
        #expect(again.code == 0)
        #expect(again.output.contains("whose daemon had died"))
        #expect(try contents("\(view)/folder/note") == "text")
        #expect(try run("unmount", view).code == 0)
    }

    @Test func statusIsForPeopleAndForPrograms() throws {
        defer { cleanUp() }
        #expect(try run("status", view).code == 3)
        #expect(try mount().code == 0)
        _ = try contents("\(view)/film")
        let text = try run("status", "\(view)/folder")
        #expect(text.code == 0)
        #expect(text.output.contains(share))
        #expect(text.output.contains("memory"))
        struct Answer: Decodable {
            struct View: Decodable {
                var view: String
                var status: StatusReport
            }
            var version: Int
            var views: [View]
        }
        let json = try run("status", view, "--json")
        let answer = try JSONDecoder().decode(Answer.self, from: Data(json.output.utf8))
        #expect(answer.version == 1)
        let report = try #require(answer.views.first).status
        #expect(report.viewPath == view)
        #expect(report.sharePath == share)
        #expect(report.state == .ok)
        #expect(report.options.diskBytes == 64 << 20)
        #expect(report.share.bytes >= 450_000)
        #expect(try run("unmount", view).code == 0)
    }

    @Test func evictForgetsWhatWasRead() throws {
        defer { cleanUp() }
        #expect(try mount().code == 0)
        let film = try contents("\(view)/film")
        let first = try run("evict", "\(view)/film")
        #expect(first.code == 0)
        #expect(first.output.contains("forgot"))
        #expect(try run("evict", "\(view)/film").code == 3)
        #expect(try contents("\(view)/film") == film)
        #expect(try run("evict", share).code == 1)
        #expect(try run("evict", view).code == 0)
        #expect(try run("unmount", view).code == 0)
    }

    /// What is pinned is named with its size, kept over a restart, and given free; what does not fit is refused.
    @Test func pinsAreMadeListedAndEnded() throws {
        defer { cleanUp() }
        // Before the view may have listed the folder: a name that comes later is seen seconds later.
        _ = try place.file("share/huge", "")
        try Calls.truncate("\(share)/huge", 1 << 30)
        #expect(try mount().code == 0)
        #expect(try run("unpin", "\(view)/folder").code == 3)
        let first = try run("pin", "\(view)/folder")
        #expect(first.code == 0 && first.output.contains("pinned: 1 file, 4 B"))
        #expect(try run("pin", "\(view)/folder").code == 3)
        let changed = try run("pin", "--priority", "high", "\(view)/folder")
        #expect(changed.code == 0 && changed.output.contains("pinned with high priority: 1 file"))
        #expect(try run("pin", "\(view)/folder").code == 3, "as it was")
        #expect(try run("pin", "\(view)/nothing").code == 1)
        #expect(try run("pin", share).code == 1)
        let huge = try run("pin", "\(view)/huge")
        #expect(huge.code == 1 && huge.output.contains("do not fit"))
        #expect(try run("unmount", view).code == 0)

        #expect(try mount().code == 0)
        // Other views of this machine may be named as well.
        let list = try run("pin")
        #expect(list.output.contains("\(view)/folder: 4 B, high priority"))
        #expect(!list.output.contains("huge"))
        let json = try run("pin", "--json").output
        #expect(json.contains("\"path\" : \"folder\""))
        #expect(json.contains("\"priority\" : \"high\""))
        let below = try run("unpin", "\(view)/folder/note")
        #expect(below.code == 3 && below.output.contains("is pinned with \(view)/folder"))
        #expect(try run("pin", "\(view)/folder/note").code == 0)
        let nearer = try run("unpin", "\(view)/folder/note")
        #expect(nearer.code == 0 && nearer.output.contains("and pinned with \(view)/folder still"))
        #expect(try run("unpin", view).code == 0)
        #expect(try !run("pin").output.contains("\(view)/"))
        #expect(try run("unmount", view).code == 0)
    }

    @Test func twoViewsOfOneShareNeedTwoCaches() throws {
        defer { cleanUp() }
        #expect(try mount().code == 0)
        let other = try place.directory("other")
        let second = try run(
            "mount", "--background", "-o", "cache=\(place.path)/cache,disk=64M", share, other)
        #expect(second.code == 1)
        #expect(second.output.contains(view), "\(second.output)")
        let own = try run(
            "mount", "--background", "-o", "cache=\(place.path)/cache2,disk=64M", share, other)
        #expect(own.code == 0, "\(own.output)")
        #expect(try run("unmount", other).code == 0)
        #expect(try run("unmount", view).code == 0)
    }
}
