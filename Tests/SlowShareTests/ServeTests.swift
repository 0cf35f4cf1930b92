import Model
import Platform
import Synchronization
import TestSupport
import Testing

/// The built program at work. Times have lower bounds only: a busy machine is slower, never faster.
@Suite(
    .enabled(
        if: Requirement.isMet(MountedShare.isPossible), "no /dev/fuse here: mounts cannot be tested"
    )
)
struct ServeTests {
    private let clock = SystemClock()

    private func elapsed(_ body: () throws -> Void) rethrows -> Duration {
        let start = clock.monotonic
        try body()
        return clock.monotonic - start
    }

    @Test func everyOperationWaitsItsRoundTrip() throws {
        let share = try MountedShare(["--round-trip", "60ms"])
        try share.put("a", [1, 2, 3])
        try share.ctl("reset-stats")
        for (name, expected) in [("a", nil), ("missing", Errno.noSuchFile)] {
            var answer: Errno?
            let time = elapsed { answer = share.look(name) }
            #expect(answer == expected && time >= .milliseconds(60))
        }
        #expect(try share.figure("lookup") == 2)
    }

    @Test func bytesPassBothWaysAtTheChosenBandwidth() throws {
        let share = try MountedShare(["--round-trip", "0", "--bandwidth", "20MB/s"])
        let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try share.put("in", bytes)
        var arrived: [UInt8] = []
        let reading = try elapsed { arrived = try FileContents.read("\(share.mountpoint)/in") }
        #expect(arrived == bytes)
        #expect(reading >= .milliseconds(90))
        let writing = try elapsed {
            let file = try FileCalls.open(
                "\(share.mountpoint)/out", [.writeOnly, .create], mode: 0o600)
            try bytes.withUnsafeBytes { try FileCalls.write(file.rawValue, $0, at: 0) }
        }
        #expect(writing >= .milliseconds(90))
        #expect(try FileContents.read("\(share.directory)/out") == bytes)
        #expect(try share.figure("bytes_read") == bytes.count)
        #expect(try share.figure("bytes_written") == bytes.count)
    }

    /// Neither who says nothing nor who says a letter keeps others from giving commands.
    @Test func commandsAreTakenWhateverIsConnected() throws {
        let share = try MountedShare([])
        let directory = DescriptorReference(try FileCalls.open(share.base, .directory))
        let name = RealPath.split(share.socket).last
        let held = try (0..<100).map { number in
            let socket = DescriptorReference(
                try UnixSocket.connect(
                    in: directory.rawValue, name: name, timeout: .seconds(20)))
            if number % 2 == 1 { try FileContents.write(socket.rawValue, [65]) }
            return socket
        }
        #expect(try share.ctl("stats").hasPrefix("{"))
        #expect(try Readiness.canRead(held[99].rawValue, within: .zero) == false, "hung up on")
    }

    @Test func roundTripsOverlap() throws {
        let share = try MountedShare(["--round-trip", "150ms"])
        let done = ConditionMutex(0)
        for index in 0..<16 {
            startThread(name: "looker") {
                #expect(share.look("missing-\(index)") == .noSuchFile)
                done.withLock { count, condition in
                    count += 1
                    condition.broadcast()
                }
            }
        }
        done.wait { count, _ in count == 16 ? () : nil }
        // Parallel lookups in one directory: the kernel sends them together.
        #expect(try share.figure("in_flight_max") >= 8)
    }

    @Test func offlineFailsAtOnce() throws {
        let share = try MountedShare(["--round-trip", "0"])
        try share.ctl("offline")
        #expect(share.look("a") == .ioError)
        try share.ctl("offline", "EHOSTDOWN")
        #expect(share.look("b") == .hostDown)
        try share.ctl("online")
        #expect(share.look("c") == .noSuchFile)
    }

    @Test func hangingHoldsRequestsUntilResumed() throws {
        let share = try MountedShare(["--round-trip", "0"])
        try share.put("a", [1])
        try share.ctl("hang")
        let answers = ConditionMutex<[Errno?]>([])
        // More than there are threads in the server: hanging takes none.
        for _ in 0..<80 {
            startThread(name: "looker") {
                let answer = share.look("missing")
                answers.withLock { list, condition in
                    list.append(answer)
                    condition.broadcast()
                }
            }
        }
        while try share.figure("held") < 1 {}
        #expect(answers.withLock { list, _ in list.isEmpty })
        try share.ctl("resume")
        let all = answers.wait { list, _ in list.count == 80 ? list : nil }
        #expect(all.allSatisfy { $0 == .noSuchFile })
        #expect(share.look("a") == nil)
        #expect(try share.figure("held") == 0)
    }

    @Test func theChosenCallsFail() throws {
        let share = try MountedShare(["--round-trip", "0"])
        try share.ctl("fail", "lookup", "EACCES", "1/2")
        #expect(
            (0..<4).map { share.look("x\($0)") }
                == [.noSuchFile, .accessDenied, .noSuchFile, .accessDenied])
        try share.ctl("fail", "clear")
        #expect(share.look("y") == .noSuchFile)
    }

    /// The canary of fault tests that walk N upward: the N-th call fails, and `stats` says that it did.
    @Test(arguments: 1...3) func theNthCallFails(number: Int) throws {
        let share = try MountedShare(["--round-trip", "0", "--attribute-timeout", "60"])
        _ = share.look("")
        try share.ctl("fail-nth", "lookup", "ENOSPC", "\(number)")
        let answers = (1...3).map { share.look("n\($0)") }
        #expect(answers == (1...3).map { $0 == number ? .noSpace : .noSuchFile })
        #expect(try share.figure("fired") == 1)
    }

    @Test func unmountingEndsIt() throws {
        let share = try MountedShare([])
        let tool = try #require(ChildProcess.find("fusermount3", searchPath: nil))
        #expect(try ChildProcess.run(tool, ["-u", share.mountpoint]).ending == .exited(code: 0))
        let table = try MountTable.current()
        #expect(table.entry(at: Array(share.mountpoint.utf8)) == nil)
    }

    @Test func exitCodesTellMistakesFromFailures() throws {
        #expect(try MountedShare.run(["--help"]).code == 0)
        #expect(try MountedShare.run(["--version"]).code == 0)
        #expect(try MountedShare.run([]).code == 2)
        #expect(try MountedShare.run(["/nonexistent", "/tmp"]).code == 1)
        let (code, output) = try MountedShare.run(["/tmp", "/nonexistent", "--background"])
        #expect(code == 1 && output.contains("/nonexistent"))
    }
}
