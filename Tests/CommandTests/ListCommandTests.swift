import Control
import Model
import Platform
import TestSupport
import Testing

@testable import larder

@Suite struct ListCommandTests {
    /// Frozen: fields are added, never renamed, never given another meaning.
    @Test func looksAsDocumented() throws {
        let view = ListedView(
            view: "/v", share: "/s", userID: 7, state: .shareUnreachable, pid: 9, memoryBytes: 1,
            diskBytes: 2)
        #expect(
            String(decoding: try WireFormat.encode(view), as: UTF8.self) == """
                {"diskBytes":2,"memoryBytes":1,"pid":9,"share":"/s","state":"shareUnreachable",\
                "userID":7,"view":"/v"}
                """)
    }

    @Test func theTableIsAlignedAndHarmless() {
        let lines = ListCommand.table([
            ListedView(view: "/a\u{1B}b", share: "/s", userID: 0, state: .dead),
            ListedView(
                view: "/long/view", share: "/s", userID: 1000, state: .ok, memoryBytes: 1 << 20,
                diskBytes: 0),
        ]).lines(indent: 0)
        #expect(lines.count == 3)
        #expect(Set(lines.map(\.count)).count == 1, "\(lines)")
        #expect(lines[1].hasPrefix("/a?b"))
        #expect(lines[1].contains("dead"))
    }

    /// Of views that are not ours only the mount table is asked, and no socket.
    @Test func othersViewsAreListed() throws {
        let place = try TemporaryDirectory()
        let registry = MountRegistry(
            try RuntimeDirectory(path: "\(place.path)/run", owner: Environment.userID).prepare())
        let claim = try registry.claim(
            RegistryEntry(view: "/nonexistent/gone", share: "/t", pid: 5, started: 0))
        let table = MountTable(
            parsing: Array(
                "2 1 0:50 / /nonexistent/theirs rw - fuse.larder /share rw,user_id=4294967290\n"
                    .utf8))
        let listing = ViewListing(
            locator: ViewLocator(table: table, workingDirectory: [UInt8(ascii: "/")]),
            userID: 1000,
            runtimes: [RuntimeDirectory(path: "\(place.path)/run", owner: Environment.userID)])
        #expect(
            listing.views() == [
                ListedView(
                    view: "/nonexistent/gone", share: "/t", userID: Environment.userID,
                    state: .notMounted, pid: 5),
                ListedView(
                    view: "/nonexistent/theirs", share: "/share", userID: 4_294_967_290,
                    state: .unknown),
            ])
        claim.release()
    }
}

/// `larder status VIEW` must not hang with the view, so the way to it is found without asking it.
@Suite struct ViewWithoutAskingTests {
    private let place: TemporaryDirectory
    private let locator: ViewLocator

    init() throws {
        place = try TemporaryDirectory()
        // Nothing is mounted there: whoever asks the file system finds no view.
        let table = MountTable(
            parsing: Array(
                """
                1 0 8:1 / / rw - ext4 /dev/sda1 rw
                2 1 0:50 / \(place.path)/view rw - fuse.larder /share rw,user_id=7

                """.utf8))
        locator = ViewLocator(
            table: table, workingDirectory: Array("\(place.path)/view/sub".utf8))
        for (link, target) in [
            ("absolute", "\(place.path)/view/a"), ("relative", "./loop/../view"), ("loop", "loop"),
        ] {
            try FileCalls.makeSymbolicLink(
                at: FileCalls.workingDirectory, Name("\(place.path)/\(link)"),
                to: Array(target.utf8))
        }
    }

    @Test(arguments: ["view", "view/x/y", "view/../view", "absolute", "absolute/b"])
    func isFound(path: String) throws {
        #expect(try locator.view(named: "\(place.path)/\(path)").path == "\(place.path)/view")
    }

    @Test func isFoundFromInside() throws {
        #expect(try locator.view(named: ".").owner == 7)
        #expect(try locator.view(named: "x").owner == 7)
    }

    @Test(arguments: ["", "views", "loop", "view/../x"]) func isNotFoundElsewhere(path: String) {
        do throws(CommandError) {
            _ = try locator.view(named: "\(place.path)/\(path)")
            Issue.record("found \(path)")
        } catch {
            #expect(error.code == .nothingToDo)
        }
    }
}
