import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// A cache disk that fails, refuses writes, is slow or hangs costs speed and nothing else: what is shown is right,
    /// the status says what is wrong, and the tier is used again once the disk is well.
    @Suite struct CacheTroubleTests {
        private let area = Area.current
        private let share: String
        private let disk: RunningSlowShare
        private let view: RunningView

        /// The cache lies on a disk whose faults are switched: a directory behind `slowshare`.
        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.numberedFiles(30, of: 200_000, in: share, seed: 17)
            disk = try RunningSlowShare(
                area, directory: try area.makeDirectory("disk"), name: "diskmount")
            var options = RunningView.Options()
            // Nothing but the disk tier and the share has anything to give.
            options.memory = "16M"
            view = try RunningView(area, share: share, cache: "\(disk.path)/cache", options)
            for number in 0..<10 { _ = try view.contents("\(number).txt") }
            try view.waitForDisk()
        }

        private func waitForTrouble() throws {
            try waitUntil("the status says so", within: 30, poll: 0.1) {
                // What is not in memory has to come from the disk, and what is new has to go there.
                _ = try view.contents("\(Int.random(in: 0..<30)).txt")
                let status = try view.status()
                return status.state == .cacheDegraded && status.reason != nil
            }
        }

        private func waitForRecovery() throws {
            let before = try view.tier("disk").entries
            try waitUntil("the disk tier takes files again", within: 120, poll: 0.25) {
                try view.evict()
                #expect(try view.differences() == [])
                let status = try view.status()
                let entries = try view.tier("disk").entries
                return status.state == .ok && entries > 0 && entries >= before
            }
            try view.restart()
            #expect(try view.differences() == [])
            try view.stop()
        }

        @Test(arguments: ["EIO", "EROFS", "ENOSPC"])
        func aDiskThatFailsHurtsNobodyAndIsUsedAgain(error: String) throws {
            try disk.control("fail", "any", error, "1/1")
            #expect(try view.differences() == [])
            try waitForTrouble()
            #expect(try view.differences() == [])
            // Writing goes on too, and what was written is what is read.
            try TestLibrary.file("\(view.path)/3.txt", Array("new".utf8))
            #expect(try view.contents("3.txt") == Array("new".utf8))
            #expect(try Calls.contents("\(share)/3.txt") == Array("new".utf8))

            try disk.control("fail", "clear")
            try waitForRecovery()
        }

        @Test func aDiskThatHangsHurtsNobodyAndIsUsedAgain() throws {
            try disk.control("hang")
            // Looked at by name, read, and listed: nobody waits for the disk for good.
            #expect(try view.differences() == [])
            try waitForTrouble()
            try view.guarded("write", within: 20) {
                try TestLibrary.file("\(view.path)/3.txt", Array("new".utf8))
            }
            #expect(try view.contents("3.txt") == Array("new".utf8))
            #expect(try Calls.contents("\(share)/3.txt") == Array("new".utf8))

            try disk.control("resume")
            try waitForRecovery()
        }

        /// Small reads are loaded by the threads that the kernel's questions come in on.
        @Test func aDiskThatHangsHoldsNeitherTheViewNorItsEnd() throws {
            // More than there are threads.
            let readers = 24
            for number in 0...readers { _ = try view.contents("\(number).txt") }
            try view.waitForDisk()
            try view.restart()
            let known = try view.contents("0.txt")
            let expected = try (1...readers).map { try Calls.contents("\(share)/\($0).txt") }
            // Looked up now, so that reading is what hangs.
            for number in 1...readers { _ = try Calls.status("\(view.path)/\(number).txt") }
            let socket = area.path("run/" + MountRegistry.socketName(ofView: view.path.pathBytes))
            #expect(Calls.exists(socket))
            try disk.control("hang")
            let output = area.path("part")
            let reading = try (1...readers).map { number in
                try area.spawn(
                    "dd", "/usr/bin/dd",
                    [
                        "if=\(view.path)/\(number).txt", "of=\(output)\(number)", "bs=4096",
                        "skip=20", "count=1", "iflag=direct",
                    ])
            }
            // While they wait.
            try Calls.open("\(view.path)/0.txt").dropPages()
            #expect(try view.contents("0.txt") == known)
            for (number, process) in zip(1...readers, reading) {
                #expect(try process.wait("a reader", within: 20) == .exited(code: 0))
                let part = try Calls.contents("\(output)\(number)")
                #expect(part == Array(expected[number - 1][(20 * 4096)..<(21 * 4096)]))
            }
            // The process is there until the disk lets go of its last thread, but has put its things away.
            #expect(try area.run("/usr/bin/fusermount3", ["-u", view.path]).isSuccess)
            try waitUntil("nobody answers for the view", within: 60, poll: 0.1) {
                !Calls.exists(socket)
            }
            try disk.control("resume")
            #expect(try view.process.wait("the daemon", within: 60) == .exited(code: 0))
            try view.start()
            #expect(try view.differences() == [])
            try view.stop()
        }

        /// Slower than the share, and slower than anybody waits for.
        @Test func aSlowDiskIsWaitedForNoLongerThanTheShare() throws {
            try disk.control("latency", "3s")
            #expect(try view.differences(within: 120) == [])
            try waitForTrouble()
            try disk.control("latency", "0ms")
            try waitForRecovery()
        }
    }
}
