import Control
import Model
import Platform
import TestSupport
import Testing

@Suite struct RuntimeDirectoryTests {
    @Test func isWhereEachUserExpectsIt() {
        let none: (String) -> String? = { _ in nil }
        #expect(RuntimeDirectory.own(userID: 0, variable: none).path == "/run/larder")
        #expect(RuntimeDirectory.own(userID: 7, variable: none).path == "/tmp/larder-7")
        let session: (String) -> String? = { $0 == "XDG_RUNTIME_DIR" ? "/run/user/7" : nil }
        #expect(RuntimeDirectory.own(userID: 7, variable: session).path == "/run/user/7/larder")
        // root's daemons are found whatever session root's shell came from
        #expect(RuntimeDirectory.own(userID: 0, variable: session).path == "/run/larder")
        let other: (String) -> String? = { $0 == "LARDER_RUNTIME_DIR" ? "/x" : nil }
        #expect(RuntimeDirectory.own(userID: 7, variable: other).path == "/x")
    }

    @Test func rootLooksWhereTheOwnerPutIt() {
        let none: (String) -> String? = { _ in nil }
        let found = RuntimeDirectory.candidates(owner: 7, userID: 0, variable: none)
        #expect(found.map(\.path) == ["/run/larder", "/run/user/7/larder", "/tmp/larder-7"])
        #expect(found.map(\.owner) == [0, 7, 7])
    }

    @Test func isClosedToOthers() throws {
        let place = try TemporaryDirectory()
        let runtime = RuntimeDirectory(path: "\(place.path)/run", owner: Environment.userID)
        let made = try runtime.prepare()
        #expect(try FileCalls.attributes(of: made.rawValue).mode & 0o777 == 0o700)
        try FileCalls.setMode(of: made.rawValue, 0o777)
        _ = try runtime.prepare()
        #expect(try FileCalls.attributes(of: made.rawValue).mode & 0o777 == 0o700)
    }

    @Test func isRefusedWhenItIsNotOurs() throws {
        let place = try TemporaryDirectory()
        _ = try place.directory("run")
        let runtime = RuntimeDirectory(path: "\(place.path)/run", owner: Environment.userID + 1)
        #expect(throws: ControlError.self) { try runtime.prepare() }
        #expect(throws: ControlError.self) { try runtime.open() }
    }

    @Test func isRefusedWhenItIsALinkOrAFile() throws {
        let place = try TemporaryDirectory()
        _ = try place.directory("real")
        _ = try ChildProcess.run("/bin/ln", ["-s", "real", "\(place.path)/link"])
        _ = try place.file("file")
        for name in ["link", "file"] {
            let runtime = RuntimeDirectory(path: "\(place.path)/\(name)", owner: Environment.userID)
            #expect(throws: ControlError.self) { try runtime.prepare() }
        }
    }

    @Test func absenceIsNoError() throws {
        let place = try TemporaryDirectory()
        let runtime = RuntimeDirectory(path: "\(place.path)/none", owner: Environment.userID)
        #expect(try runtime.open().map(\.rawValue) == nil)
    }

    @Test func rootSeesEverybodys() throws {
        let place = try TemporaryDirectory()
        for name in ["run/7", "run/none", "tmp/larder-8", "tmp/larder-x", "tmp/other"] {
            _ = try place.directory(name)
        }
        let (users, shared) = ("\(place.path)/run", "\(place.path)/tmp")
        let all = { (userID: UInt32) in
            RuntimeDirectory.all(
                userID: userID, variable: { _ in nil }, users: users, shared: shared)
        }
        #expect(
            all(0) == [
                RuntimeDirectory(path: "/run/larder", owner: 0),
                RuntimeDirectory(path: "\(users)/7/larder", owner: 7),
                RuntimeDirectory(path: "\(shared)/larder-8", owner: 8),
            ])
        #expect(all(9) == [RuntimeDirectory(path: "/tmp/larder-9", owner: 9)])
    }
}
