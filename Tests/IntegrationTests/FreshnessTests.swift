import Glibc
import Model
import Synchronization
import TestSupport
import Testing

extension IntegrationTests {
    /// Once a change on the share was seen, no old byte of that file is served: not from memory,
    /// not from disk, not from the kernel's page cache. `strict` sees each change at the next look,
    /// `eventual` after a moment.
    @Suite struct FreshnessTests {
        private let area = Area.current
        private let share: String
        private var seed = TestRun.seed

        init() throws {
            share = try area.makeDirectory("share")
            // A share that is empty looks like one that is not mounted.
            try TestLibrary.file("\(share)/always", [1, 2, 3])
        }

        private func content(_ number: UInt64, _ count: Int) -> [UInt8] {
            var generator = SplitMix(seed: seed &+ number)
            return generator.content(count, compressible: false)
        }

        private func shared(_ name: String) -> String { "\(share)/\(name)" }

        @Test func strictSeesEveryChangeAtOnce() throws {
            let view = try RunningView(area, share: share, .strict)
            let (old, new) = (content(1, 300_000), content(2, 300_000))
            try TestLibrary.file(shared("film.mkv"), old)
            #expect(try view.contents("film.mkv") == old)

            try TestLibrary.file(shared("film.mkv"), new, modified: TestLibrary.longAgo + 1)
            #expect(try view.contents("film.mkv") == new, "rewritten in place")

            // Same size, same time: only change time and inode tell.
            try TestLibrary.file(shared("film.mkv"), old, modified: TestLibrary.longAgo + 1)
            #expect(try view.contents("film.mkv") == old, "rewritten in place, its time put back")
            try TestLibrary.file(shared(".new"), new, modified: TestLibrary.longAgo + 1)
            try Calls.rename(shared(".new"), to: shared("film.mkv"))
            #expect(
                try view.contents("film.mkv") == new, "replaced by one of the same size and time")

            try Calls.truncate(shared("film.mkv"), 1000)
            #expect(try view.contents("film.mkv") == Array(new[..<1000]), "truncated")
            try TestLibrary.file(shared("film.mkv"), new + old, modified: TestLibrary.longAgo + 2)
            #expect(try view.contents("film.mkv") == new + old, "grown")

            try Calls.unlink(shared("film.mkv"))
            #expect(throws: Errno.noSuchFile, "deleted") { try view.contents("film.mkv") }
            #expect(view.comparison.listingDifference([]) == nil)
            try TestLibrary.file(shared("film.mkv"), old)
            #expect(try view.contents("film.mkv") == old, "back again")
            #expect(try view.differences() == [])
        }

        /// Pages that a program has mapped or reads through an open descriptor are dropped too.
        @Test(arguments: ["strict", "eventual"])
        func pagesOfTheKernelAreDropped(consistency: String) throws {
            let isStrict = consistency == "strict"
            let view = try RunningView(
                area, share: share, isStrict ? .strict : .eventual(propagation: "100ms"))
            let count = 700_000
            let (old, new) = (content(1, count), content(2, count))
            try TestLibrary.file(shared("film.mkv"), old)
            let held = try view.guarded("open") { try Calls.open("\(view.path)/film.mkv") }
            let map = try MappedFile(held, count: count)
            #expect(try view.guarded("map") { try map.read(0..<count) } == old)
            #expect(try view.guarded("read") { try held.read(at: 0, count) } == old)

            try TestLibrary.file(shared("film.mkv"), new, modified: TestLibrary.longAgo + 1)
            try waitUntil("the change is seen", within: isStrict ? 0.01 : 10) {
                try view.contents("film.mkv") == new
            }
            // From here on nothing old through any new look.
            for _ in 0..<20 { #expect(try view.contents("film.mkv") == new) }
            try waitUntil("mapped pages are new", within: 5) {
                try view.guarded("map") { try map.read(0..<count) } == new
            }
            #expect(try view.guarded("read") { try held.read(at: 0, count) } == new)
        }

        /// A handle that was open before gives the old version's bytes or ESTALE: never the new
        /// file's.
        @Test(arguments: ["strict", "eventual"])
        func aReplacedFileDoesNotMixWithTheOldOne(consistency: String) throws {
            let isStrict = consistency == "strict"
            let view = try RunningView(
                area, share: share, isStrict ? .strict : .eventual(propagation: "50ms"))
            let count = 3_000_000
            let (old, new) = (content(1, count), content(2, count))
            try TestLibrary.file(shared("film.mkv"), old)
            let held = try view.guarded("open") { try Calls.open("\(view.path)/film.mkv") }
            #expect(try view.guarded("read") { try held.read(at: 0, 4096) } == Array(old[..<4096]))

            try TestLibrary.file(shared(".new"), new, modified: TestLibrary.longAgo + 1)
            try Calls.rename(shared(".new"), to: shared("film.mkv"))
            try waitUntil("the new file is seen", within: isStrict ? 0.01 : 10) {
                try view.contents("film.mkv") == new
            }
            for offset in [0, 1_000_000, 2_900_000] {
                do {
                    let bytes = try view.guarded("read old") {
                        try held.read(at: Int64(offset), 50_000)
                    }
                    // Short where the kernel still has some pages and the rest is gone for good.
                    let isOld = bytes == Array(old[offset..<(offset + bytes.count)])
                    #expect(isOld && !bytes.isEmpty, "at \(offset), \(bytes.count) bytes")
                } catch let error as Errno {
                    #expect(error == .stale)
                }
            }
            #expect(try view.contents("film.mkv") == new)
        }

        @Test func aFileThatGrowsAndShrinksWhileOpenGivesNoGarbage() throws {
            let view = try RunningView(area, share: share, .strict)
            let all = content(1, 900_000)
            let path = shared("download.part")
            var size = 100_001
            try TestLibrary.file(path, Array(all[..<size]))
            let held = try view.guarded("open") { try Calls.open("\(view.path)/download.part") }
            func expectPrefix(of size: Int, _ what: String) throws {
                // Programs that follow a file look at its size, and read at once.
                try waitUntil("\(what) to \(size)", within: 5, poll: 0.001) {
                    try view.guarded("stat and read") {
                        _ = try Calls.status("\(view.path)/download.part")
                        let bytes = try held.read(at: 0, 900_000)
                        let isRight = bytes == Array(all[..<bytes.count])
                        #expect(isRight, "garbage while it \(what) to \(size)")
                        return bytes.count == size
                    }
                }
            }
            try expectPrefix(of: size, "was made")
            // Never a whole page more: what lies between the end and the end of its page was zeros.
            for _ in 0..<TestRun.scaled(60) {
                let more = min(all.count, size + 4099)
                try (try Calls.open(path, O_WRONLY)).write(Array(all[size..<more]), at: Int64(size))
                size = more
                try expectPrefix(of: size, "grew")
            }
            for _ in 0..<TestRun.scaled(20) {
                size = max(1, size - 5003)
                try Calls.truncate(path, Int64(size))
                try expectPrefix(of: size, "shrank")
            }
        }

        /// A share's times may be as coarse as two seconds, and its clock anywhere: what was changed just now is not
        /// trusted for good.
        /// A race of the kernel's with what it is told: several times.
        @Test func strictReadsOnWhereAnOpenFileHasGrown() throws {
            let view = try RunningView(area, share: share, .strict)
            let added = [UInt8](repeating: 2, count: 9_000)
            for number in 0..<20 {
                let name = "log\(number)"
                try TestLibrary.file(shared(name), [UInt8](repeating: 1, count: 1_000))
                let reader = try Calls.open("\(view.path)/\(name)")
                #expect(try view.guarded("read") { try reader.read(at: 0, 5_000).count } == 1_000)
                try Calls.open(shared(name), O_WRONLY).write(added, at: 1_000)
                let read = try view.guarded("read on") { try reader.read(at: 1_000, 20_000) }
                #expect(read == added, "file \(number)")
            }
        }

        @Test(arguments: [0, 10, 3600, -600])
        func aRewriteOfTheSameSizeWithinOneSecondIsNoticed(secondsBehind: Int) throws {
            let view = try RunningView(area, share: share, .eventual(propagation: "100ms"))
            let (old, new) = (content(1, 5000), content(2, 5000))
            let second = time(nil) - secondsBehind
            try TestLibrary.file(shared("notes.txt"), old, modified: second)
            #expect(try view.contents("notes.txt") == old)
            try TestLibrary.file(shared("notes.txt"), new, modified: second)
            try waitUntil("the second version is served", within: 20, poll: 0.1) {
                try view.contents("notes.txt") == new
            }
            try view.restart(.eventual(propagation: "100ms"))
            #expect(try view.contents("notes.txt") == new, "the first version was kept on disk")
        }

        /// Told by nothing but the change time, whose steps may be as coarse.
        @Test func aTimeThatIsPutBackTwiceInOneStepIsNoticed() throws {
            let nas = try RunningSlowShare(area, directory: share, more: ["--time-step", "2s"])
            let view = try RunningView(area, share: nas.path, .strict)
            let (old, new) = (content(1, 5000), content(2, 5000))
            /// - Returns: false where a step ended between the two changes.
            func isNoticed(_ name: String) throws -> Bool {
                try TestLibrary.file(shared(name), old)
                let before = try Calls.status("\(nas.path)/\(name)").version
                #expect(try view.contents(name) == old)
                try TestLibrary.file(shared(name), new)
                guard try Calls.status("\(nas.path)/\(name)").version == before else {
                    return false
                }
                try waitUntil("the second version is served", within: 20, poll: 0.1) {
                    try view.contents(name) == new
                }
                return true
            }
            let name = try #require(
                try (0..<20).map { "notes \($0).txt" }.first { try isNoticed($0) },
                "the two changes never came within two seconds")
            try view.restart(.strict)
            #expect(try view.contents(name) == new, "the first version was kept on disk")
        }

        /// What was known of an open file a moment ago says nothing of bytes that are fetched now: these are looked at
        /// before they are joined with others or stored.
        @Test(arguments: ["directory", "server"])
        func whatIsFetchedOfAnOpenFileIsOfOneVersion(kind: String) throws {
            let nas =
                kind == "server"
                // It answers from what it remembers, as kernels' clients do.
                ? try RunningSlowShare(area, directory: share, attributeTimeout: "600s") : nil
            let options = RunningView.Options(propagation: "5m", readahead: "0")
            let count = 2 << 20
            let (old, new) = (
                [UInt8](repeating: 1, count: count), [UInt8](repeating: 2, count: count)
            )
            try TestLibrary.file(shared("film.mkv"), old)
            let view = try RunningView(area, share: nas?.path ?? share, options)
            /// Past the kernel's pages, by a descriptor of its own.
            func bytes(_ count: Int) throws -> Set<UInt8> {
                try view.guarded("read") {
                    let file = try Calls.open("\(view.path)/film.mkv", O_RDONLY | openDirect)
                    return Set(try file.readDirectly(at: 0, count))
                }
            }
            #expect(try bytes(65536) == [1])
            // In place: the descriptor that the daemon has open leads there.
            try (try Calls.open(shared("film.mkv"), O_WRONLY)).write(new, at: 0)
            #expect(try bytes(count) == [2], "one read of two versions")
            try (try Calls.open(shared("film.mkv"), O_WRONLY)).write(old, at: 0)
            try Calls.setModified(shared("film.mkv"), seconds: TestLibrary.longAgo)
            try view.restart(options)
            #expect(try bytes(count) == [1], "stored as what it was not")
            try view.stop()
        }

        @Test(arguments: ["strict", "eventual"])
        func aNameThatWasMissingAppears(consistency: String) throws {
            let isStrict = consistency == "strict"
            let view = try RunningView(
                area, share: share, isStrict ? .strict : .eventual(propagation: "100ms"))
            try Calls.makeDirectory(shared("folder"))
            for folder in ["", "folder/"] {
                try waitUntil("the folder is seen", within: 10) {
                    try view.guarded("list") { try Calls.names("\(view.path)/\(folder)") }.count
                        >= 0
                }
                for _ in 0..<3 {
                    #expect(throws: Errno.noSuchFile) { try view.contents("\(folder)later.txt") }
                }
                try TestLibrary.file(shared("\(folder)later.txt"), [1, 2, 3])
                try waitUntil("\(folder)later.txt appears", within: isStrict ? 0.01 : 10) {
                    try view.contents("\(folder)later.txt") == [1, 2, 3]
                }
                try waitUntil("the listing has it", within: isStrict ? 0.01 : 10) {
                    view.comparison.listingDifference(Array(folder.utf8.dropLast())) == nil
                }
            }
        }

        /// Each read is of one version, whatever a writer on the share does meanwhile.
        @Test func readsDoNotMixVersionsOfAFileThatIsReplacedAllTheTime() throws {
            let view = try RunningView(area, share: share, .strict)
            let path = shared("state.bin")
            let count = 96 << 10
            @Sendable func replace(_ version: UInt8) throws {
                try TestLibrary.file(
                    path + ".new", [UInt8](repeating: version, count: count),
                    modified: TestLibrary.longAgo + Int(version))
                try Calls.rename(path + ".new", to: path)
            }
            try replace(1)
            let rounds = TestRun.scaled(300)
            let newest = Mutex<UInt8>(1)
            let writer = TestThreads(1) { threads, _ in
                for round in 0..<rounds where !threads.isStopping {
                    let version = UInt8(round % 250 + 2)
                    try replace(version)
                    newest.withLock { $0 = version }
                    usleep(2000)
                }
            }
            let readers = TestThreads(3) { [area] threads, _ in
                while !threads.isStopping {
                    let bytes = try area.guarded("read") { () throws(Errno) -> [UInt8] in
                        do throws(Errno) {
                            return try (try Calls.open("\(view.path)/state.bin")).read(at: 0, count)
                        } catch .stale {
                            return []  // replaced between open and read
                        }
                    }
                    if let first = bytes.first, bytes.contains(where: { $0 != first }) {
                        throw RunningView.EndedWrongly(
                            description: "one read has bytes of several versions: \(Set(bytes))")
                    }
                }
            }
            try writer.join()
            readers.stop()
            try readers.join()
            let last = newest.withLock { $0 }
            #expect(try view.contents("state.bin").allSatisfy { $0 == last })
        }

        /// `larder evict` and SIGHUP are for people who know better than the cache.
        @Test func evictionAndRefreshAskTheShareAnew() throws {
            var options = RunningView.Options()
            options.propagation = "1h"
            options.ttl = "2h"
            let view = try RunningView(area, share: share, options)
            let (old, new) = (content(1, 50_000), content(2, 60_000))
            try TestLibrary.file(shared("notes.txt"), old)
            #expect(try view.contents("notes.txt") == old)
            try TestLibrary.file(shared("notes.txt"), new, modified: TestLibrary.longAgo + 1)
            #expect(try view.contents("notes.txt") == old, "not asked for an hour")

            #expect(try view.evict("notes.txt").isSuccess)
            try waitUntil("evicted", within: 5) { try view.contents("notes.txt") == new }

            try TestLibrary.file(shared("notes.txt"), old, modified: TestLibrary.longAgo + 2)
            view.process.send(SIGHUP)
            try waitUntil("refreshed", within: 5) { try view.contents("notes.txt") == old }
        }
    }
}
