import Glibc
import Model
import Platform
import Testing

@Suite struct ChildProcessTests {
    @Test func reportsHowItEndedAndWhatItSaid() throws {
        let (ending, output) = try ChildProcess.run(
            "/bin/sh", ["-c", "echo out; echo err >&2; exit 7"])
        #expect(ending == .exited(code: 7))
        #expect(output == "out\nerr\n")
        #expect(
            try ChildProcess.run("/bin/sh", ["-c", "kill -9 $$"]).ending == .killed(signal: SIGKILL)
        )
    }

    @Test func keepsTheBeginningOfMuchOutput() throws {
        let (ending, output) = try ChildProcess.run("/bin/sh", ["-c", "head -c 1000000 /dev/zero"])
        #expect(ending == .exited(code: 0))
        #expect(output.utf8.count == 64 << 10)
    }

    @Test func programsThatAreMissingAreAnError() {
        #expect(throws: Errno.noSuchFile) { try ChildProcess.run("/nonexistent", []) }
    }

    @Test func inheritsOnlyWhatIsNamed() throws {
        let open = try FileCalls.open("/dev/null", .readOnly)
        // Without this, close-on-exec alone would do.
        _ = fcntl(open.rawValue, F_SETFD, 0)
        let (_, output) = try ChildProcess.run("/bin/sh", ["-c", "ls /proc/$$/fd"])
        #expect(output.split(separator: "\n") == ["0", "1", "2"])
    }

    @Test func signalsAreAsTheyWereByDefault() throws {
        // Swift Testing's own process may ignore SIGPIPE; its children must not inherit that.
        signal(SIGPIPE, SIG_IGN)
        let (_, output) = try ChildProcess.run(
            "/bin/sh", ["-c", "exec sed -nE 's/^Sig(Blk|Ign):[^0-9a-f]*//p' /proc/self/status"])
        let masks = output.split(separator: "\n").compactMap { UInt64($0, radix: 16) }
        // Signals 32 and 33 are the C library's own; whoever started us may have them ignored.
        #expect(masks.map { $0 & 0x7fff_ffff } == [0, 0])
    }

    @Test func findsProgramsByName() {
        #expect(ChildProcess.find("sh", searchPath: "/bin") == "/bin/sh")
        #expect(ChildProcess.find("sh", searchPath: nil) != nil)
        #expect(ChildProcess.find("no-such-program", searchPath: "/bin:relative") == nil)
    }
}
