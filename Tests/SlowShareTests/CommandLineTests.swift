import Model
import Testing

@testable import slowshare

@Suite struct CommandLineTests {
    @Test func readsOptionsInAnyOrder() throws {
        let words = [
            "--round-trip", "1.5ms", "dir", "--bandwidth=12MiB/s", "-o", "ro,nosuid", "mnt",
            "--background", "--entry-timeout=30", "--control", "/tmp/s",
        ]
        guard case .serve(let options) = try Arguments(words) else {
            Issue.record("not a mount")
            return
        }
        #expect(options.directory == "dir" && options.mountpoint == "mnt")
        #expect(options.roundTrip == .microseconds(1500))
        #expect(options.bandwidth == Double(12 << 20))
        #expect(options.timeouts == .init(attribute: 1, entry: 30, negative: 0))
        #expect(options.mountOptions == ["ro,nosuid"])
        #expect(options.isBackground && options.control == "/tmp/s")
    }

    @Test func hasTheFiguresOfANearbyNAS() throws {
        guard case .serve(let options) = try Arguments(["a", "b"]) else { return }
        #expect(options.roundTrip == .milliseconds(8) && options.bandwidth == 100e6)
    }

    @Test(arguments: [
        [], ["a"], ["a", "b", "c"], ["a", "b", "--round-trip"], ["a", "b", "--round-trip", "8m"],
        ["a", "b", "--bandwidth", "0"], ["a", "b", "--bandwidth", "fast"], ["a", "b", "--frob"],
        ["a", "b", "--background=yes"], ["ctl"], ["ctl", "mnt"], ["ctl", "--control"],
        ["a", "b", "--round-trip=-1"], ["a", "b", "--squash", "1"], ["a", "b", "--squash", "1:a"],
        ["a", "b", "--silly-rename=yes"],
    ])
    func refusesWhatMakesNoSense(words: [String]) {
        #expect(throws: Arguments.Mistake.self) { try Arguments(words) }
    }

    @Test func readsCommands() throws {
        #expect(try ControlCommand(["offline"]) == .reach(.offline(.ioError)))
        #expect(try ControlCommand(["offline", "EHOSTDOWN"]) == .reach(.offline(.hostDown)))
        #expect(try ControlCommand(["hang"]) == .reach(.hanging))
        #expect(try ControlCommand(["resume"]) == .reach(.online))
        #expect(try ControlCommand(["latency", "80ms"]) == .latency(.milliseconds(80)))
        #expect(try ControlCommand(["bandwidth", "unlimited"]) == .bandwidth(nil))
        #expect(
            try ControlCommand(["fail", "read", "EIO", "1/100"])
                == .fail(
                    .init(kind: .read, error: .ioError, pattern: .share(count: 1, of: 100))))
        #expect(
            try ControlCommand(["fail-nth", "any", "28", "3"])
                == .fail(.init(kind: nil, error: .noSpace, pattern: .nth(3))))
        #expect(
            try ControlCommand(["fail-late", "rename", "EIO", "1/2"])
                == .fail(
                    .init(
                        kind: .rename, error: .ioError, pattern: .share(count: 1, of: 2),
                        isLate: true)))
    }

    @Test(arguments: [
        "", "frob", "offline EWHAT", "fail read EIO", "fail read EIO 0/1", "fail read EIO 2/1",
        "fail read EIO 1", "fail release EIO 1/1", "fail nothing EIO 1/1", "fail-late open EIO 1/1",
        "fail-nth read EIO 0",
        "latency soon", "stats now",
    ])
    func refusesOtherCommands(line: String) {
        #expect(throws: Arguments.Mistake.self) {
            try ControlCommand(line.split(separator: " ").map(String.init))
        }
    }
}
