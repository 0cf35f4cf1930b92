import Control
import Glibc
import Model
import Synchronization
import TestSupport
import Testing

extension IntegrationTests {
    /// The disk tier keeps its limit, leaves 100 MiB to others, and a full disk costs speed and
    /// nothing else.
    @Suite struct DiskFullTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.numberedFiles(40, of: 300_000, in: share, seed: 13)
        }

        /// A file system of its own for the cache, which others can fill.
        private func mountSmall(_ mebibytes: Int) throws -> String {
            let path = try area.makeDirectory("small")
            try area.mountMemory(on: path, mebibytes: mebibytes)
            return path
        }

        /// Leaves `mebibytes` to the cache.
        private func fill(_ path: String, leaving mebibytes: Int) throws {
            let file = try Calls.open("\(path)/of others", O_WRONLY | O_CREAT | O_APPEND)
            // The cache may take some of what was free between the look and the call, which then takes nothing at all.
            try waitUntil("it is filled", within: 10) {
                var space = statvfs()
                try #require(statvfs(path, &space) == 0)
                let bytes = Int(space.f_bavail) * Int(space.f_frsize) - mebibytes << 20
                let size = try file.status().st_size
                // It gives the error back, and leaves errno alone.
                let error = posix_fallocate(file.descriptor, off_t(size), off_t(max(1, bytes)))
                guard error == 0 || error == ENOSPC else { throw Errno(rawValue: error) }
                return error == 0
            }
        }

        @Test(.needsRoot) func aFullDiskHurtsNobodyAndIsUsedAgain() throws {
            let small = try mountSmall(260)
            // The folder of what is read may be read ahead as a whole.
            try Calls.makeDirectory("\(share)/late")
            try TestLibrary.numberedFiles(5, of: 300_000, in: "\(share)/late", seed: 14)
            let view = try RunningView(area, share: share, cache: "\(small)/cache")
            for number in 0..<10 { _ = try view.contents("\(number).txt") }
            try view.waitForDisk()

            // Not a byte left, while files are read for the first time.
            try fill(small, leaving: 0)
            #expect(try view.differences() == [])
            try waitUntil("the status says so", within: 10, poll: 0.1) {
                _ = try view.contents("\(Int.random(in: 0..<40)).txt")
                let status = try view.status()
                return status.state == .cacheDegraded && status.reason != nil
            }
            #expect(try view.differences() == [])

            try Calls.unlink("\(small)/of others")
            let before = try view.tier("disk").entries
            try waitUntil("the disk tier takes files again", within: 60, poll: 0.25) {
                try view.evict()
                #expect(try view.differences() == [])
                let status = try view.status()
                let entries = try view.tier("disk").entries
                return status.state == .ok && entries > before
            }
            try view.restart()
            #expect(try view.differences() == [])
            try view.stop()
        }

        /// 100 MiB of the cache's file system stay free for others.
        @Test(.needsRoot) func roomIsLeftToOthers() throws {
            let small = try mountSmall(260)
            let view = try RunningView(area, share: share, cache: "\(small)/cache")
            #expect(try view.differences() == [])
            try view.waitForDisk()
            let taken = try view.tier("disk")
            #expect(taken.entries >= 40 && taken.bytes >= 4 << 20, "\(taken)")
            // Its own files give their room back first, or they would stand for those that come.
            try view.evict()
            try waitUntil("they are gone", within: 20) {
                FileTree.allocatedBytes(view.cache) < 1 << 20
            }
            try fill(small, leaving: 60)
            func free() throws -> Int {
                var space = statvfs()
                try #require(statvfs(small, &space) == 0)
                return Int(space.f_bavail) * Int(space.f_frsize)
            }
            let before = try free()
            // What is read now finds no room that it may take.
            #expect(try view.differences() == [])
            try view.waitForDisk()
            #expect(try view.tier("disk").entries == 0)
            let left = try free()
            #expect(left >= before - 1 << 20, "took what was others': \(before - left) bytes")
            try view.stop()
        }

        /// A limit is one on what `du` counts, at every moment, however many read at once.
        @Test func theLimitHoldsWhileManyRead() throws {
            var generator = SplitMix(seed: 14)
            let files = 14
            for number in 0..<files {
                try TestLibrary.file(
                    "\(share)/film\(number).mkv", generator.content(10 << 20, compressible: false))
            }
            var options = RunningView.Options()
            options.disk = "64M"
            let view = try RunningView(area, share: share, options)
            let most = Mutex<Int64>(0)
            let cache = view.cache
            let sampler = TestThreads(1) { threads, _ in
                while !threads.isStopping {
                    let bytes = FileTree.allocatedBytes(cache)
                    most.withLock { $0 = max($0, bytes) }
                    usleep(10_000)
                }
            }
            let area = area
            let readers = TestThreads(6) { [share] _, reader in
                for number in 0..<files {
                    let name = "film\((number + reader * 3) % files).mkv"
                    let difference = try area.guarded("read \(name)", within: 60) {
                        TreeComparison(share: share, view: view.path).contentsDifference(
                            Array(name.utf8))
                    }
                    if let difference { throw RunningView.EndedWrongly(description: difference) }
                }
            }
            try readers.join(within: 120)
            try view.waitForDisk()
            sampler.stop()
            try sampler.join()
            let reached = most.withLock { $0 }
            // One chunk (1 MiB for films) per writer.
            #expect(reached <= (64 + 8) << 20, "\(reached >> 20) MiB were used with disk=64M")
            #expect(reached >= 32 << 20, "the disk tier was hardly used: \(reached >> 20) MiB")

            // A smaller limit than what is there: kept after the restart.
            options.disk = "96M"
            try view.restart(options)
            #expect(try view.differences() == [])
            try view.waitForDisk()
            options.disk = "64M"
            try view.restart(options)
            try waitUntil("the cache has shrunk", within: 20, poll: 0.1) {
                FileTree.allocatedBytes(cache) <= 72 << 20
            }
            #expect(try view.differences() == [])
            try view.stop()
        }
    }
}
