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
            "/bin/grep", ["-E", "^Sig(Blk|Ign)", "/proc/self/status"])
        // Signals 32 and 33 belong to the C library.
        for line in output.split(separator: "\n") {
            let mask = try #require(UInt64(line.suffix(16), radix: 16))
            #expect(mask & 0x7FFF_FFFF == 0, "\(line)")
        }
        #expect(output.split(separator: "\n").count == 2)
    }

    @Test func noticesTheEndOfAProcessThatNobodyWaitedFor() throws {
        let null = try FileCalls.open("/dev/null", .readWrite)
        let child = try ChildProcess("/bin/sleep", ["60"], descriptors: [null.rawValue])
        let reference = try ProcessReference(child.pid)
        #expect(!reference.hasEnded)
        kill(child.pid, SIGKILL)
        var turns = 0
        while !reference.hasEnded, turns < 1000 {
            Pause.wait(.milliseconds(10))
            turns += 1
        }
        #expect(reference.hasEnded)
        #expect(try child.wait() == .killed(signal: SIGKILL))
        #expect(throws: Errno(rawValue: ESRCH)) { try ProcessReference(child.pid) }
    }

    @Test func findsProgramsByName() {
        #expect(ChildProcess.find("sh", searchPath: "/bin") == "/bin/sh")
        #expect(ChildProcess.find("sh", searchPath: nil) != nil)
        #expect(ChildProcess.find("no-such-program", searchPath: "/bin:relative") == nil)
    }
}
