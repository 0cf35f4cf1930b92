import Control
import Glibc
import Model
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
