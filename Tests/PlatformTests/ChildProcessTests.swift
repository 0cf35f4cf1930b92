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

    @Test func waitsForAnEndOrForInput() throws {
        let null = try FileCalls.open("/dev/null", .readWrite)
        let pipe = try Pipe()
        let child = try ChildProcess("/bin/sleep", ["60"], descriptors: [null.rawValue])
        let reference = try ProcessReference(child.pid)
        let wait = { (time: Duration) in
            try reference.waitForEnd(orInput: pipe.reading.rawValue, within: time)
        }
        #expect(try wait(.milliseconds(1)) == (false, false))
        try FileContents.write(try #require(pipe.writing).rawValue, [1])
        #expect(try wait(.seconds(60)) == (false, true))
        kill(child.pid, SIGKILL)
        #expect(try reference.waitForEnd(orInput: nil, within: .seconds(60)) == (true, false))
        #expect(try wait(.seconds(60)) == (true, true))
        #expect(try child.wait() == .killed(signal: SIGKILL))
    }

    @Test func findsProgramsByName() {
        #expect(ChildProcess.find("sh", searchPath: "/bin") == "/bin/sh")
        #expect(ChildProcess.find("sh", searchPath: nil) != nil)
        #expect(ChildProcess.find("no-such-program", searchPath: "/bin:relative") == nil)
    }
}

@Suite struct ChildProcessDeadlineTests {
    @Test func whatEndsInTimeIsReported() throws {
        let (ending, output) = try ChildProcess.run(
            "/bin/sh", ["-c", "echo out; echo err >&2; exit 7"], within: .seconds(60))
        #expect(ending == .exited(code: 7))
        #expect(output == Array("out\n".utf8))
    }

    @Test func whatHangsIsKilled() throws {
        let pipe = try Pipe()
        let writing = try #require(pipe.writing)
        // The child says who it is, and then nothing more.
        let script = "echo $$ > /proc/\(getpid())/fd/\(writing.rawValue); exec sleep 600"
        #expect(throws: Errno.timedOut) {
            try ChildProcess.run("/bin/sh", ["-c", script], within: .milliseconds(200))
        }
        guard try Readiness.canRead(pipe.reading.rawValue, within: .zero) else { return }
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = read(pipe.reading.rawValue, &buffer, buffer.count)
        let pid = try #require(
            Int32(String(decoding: buffer[..<max(0, count - 1)], as: UTF8.self)))
        var status: Int32 = 0
        #expect(waitpid(pid, &status, 0) == pid)
        #expect(status & 0x7f == SIGKILL)
    }
}

@Suite struct ConcurrentlyTests {
    @Test func resultsComeInTheOrderOfTheItems() {
        #expect(concurrently([Int](), thread: "test") { $0 } == [])
        let many = concurrently(Array(0..<500), threadsMax: 7, thread: "test") { $0 * 2 }
        #expect(many == (0..<500).map { $0 * 2 })
    }

    /// Each of them waits for all the others to have begun.
    @Test func itemsRunAtTheSameTime() {
        let begun = ConditionMutex(0)
        let met = concurrently(Array(0..<8), threadsMax: 8, thread: "test") { _ in
            begun.withLock { count, condition in
                count += 1
                condition.broadcast()
            }
            return begun.wait(timeout: .seconds(60)) { count, _ in count == 8 ? true : nil }
        }
        #expect(met == Array(repeating: true, count: 8))
    }
}

@Suite struct FileSystemFamilyTests {
    @Test(arguments: [
        ("ext4", FileSystemFamily.local), ("fuseblk", .local), ("tmpfs", .memory),
        ("nfs4", .network), ("cifs", .network), ("fuse.sshfs", .network), ("fuse.larder", .fuse),
        ("fuse", .fuse),
    ])
    func isToldByTheType(type: String, family: FileSystemFamily) {
        #expect(FileSystemFamily(type: type) == family)
        #expect(family.mayHang == (family == .network || family == .fuse))
    }
}
