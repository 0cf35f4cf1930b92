import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// Bytes that were damaged on the cache's disk are noticed and fetched again; none is served.
    /// An index that is damaged is set aside, and what is not ours is refused and left as it is.
    @Suite struct DamageTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
            var generator = SplitMix(seed: TestRun.seed &+ 2000)
            try TestLibrary.make(share, folders: 3, filesPerFolder: 10, using: &generator)
        }

        /// A view that has read everything, unmounted.
        private func filledView() throws -> RunningView {
            let view = try RunningView(area, share: share)
            #expect(try view.differences() == [])
            try view.waitForDisk()
            #expect(try view.tier("disk").entries > 10)
            try view.stop()
            return view
        }

        /// Files of the cache whose path contains `part`.
        private func cacheFiles(_ view: RunningView, _ part: String) throws -> [[UInt8]] {
            try FileTree.files(view.cache).map { view.cache.pathBytes / $0 }
                .filter { String(decoding: $0, as: UTF8.self).contains(part) }
        }

        private func flip(_ path: [UInt8], at offset: Int64, _ bit: Int) throws {
            let file = try Calls.open(path, O_RDWR)
            let byte = try file.read(at: offset, 1)
            guard let byte = byte.first else { return }
            try file.write([byte ^ (1 << UInt8(bit))], at: offset)
        }

        /// Where a file has data: in objects the rest are holes.
        private func dataOffset(_ path: [UInt8], _ generator: inout SplitMix) throws -> Int64? {
            let file = try Calls.open(path)
            let size = Int64(try file.status().st_size)
            guard size > 0 else { return nil }
            let somewhere = Int64.random(in: 0..<size, using: &generator)
            guard
                let data = (try? file.seek(somewhere, seekData)) ?? (try? file.seek(0, seekData))
            else {
                return nil
            }
            let end = (try? file.seek(data, seekHole)) ?? size
            return Int64.random(in: data..<max(data + 1, end), using: &generator)
        }

        private func verify(_ view: RunningView, _ what: String) throws {
            try view.start()
            #expect(try view.differences() == [], "\(what), seed \(TestRun.seed)")
        }

        @Test func flippedBitsInObjectsAndPacksAreNoticed() throws {
            var generator = SplitMix(seed: TestRun.seed &+ 2001)
            let view = try filledView()
            var damaged: Int64 = 0
            for round in 0..<TestRun.scaled(8) {
                var flips = 0
                for path in try cacheFiles(view, "/objects/") + cacheFiles(view, "/packs/") {
                    for _ in 0..<Int.random(in: 1...6, using: &generator) {
                        guard let offset = try dataOffset(path, &generator) else { continue }
                        try flip(path, at: offset, Int.random(in: 0..<8, using: &generator))
                        flips += 1
                    }
                }
                #expect(flips > 5, "nothing there to damage")
                try verify(view, "round \(round) with \(flips) flips")
                damaged += try view.tier("disk").damaged
                try view.waitForDisk()
                try view.stop()
            }
            #expect(damaged > 10, "flips were not noticed; was anything read from disk?")
        }

        /// A bit anywhere in the database: the mount comes up, and every file is right.
        @Test func flippedBitsInTheIndexDoNotGetThrough() throws {
            var generator = SplitMix(seed: TestRun.seed &+ 2002)
            let view = try filledView()
            for round in 0..<TestRun.scaled(30) {
                for path in try cacheFiles(view, "/index.sqlite")
                where !path.printable.contains("damaged") {
                    let size = Int64(try Calls.status(path).st_size)
                    guard size > 0 else { continue }
                    for _ in 0..<Int.random(in: 1...12, using: &generator) {
                        // The first page holds the schema: it is hit more often than its size would
                        // have it.
                        let end = generator.chance(30) ? min(size, 4096) : size
                        let offset = Int64.random(in: 0..<end, using: &generator)
                        try flip(path, at: offset, Int.random(in: 0..<8, using: &generator))
                    }
                }
                try verify(view, "round \(round)")
                try view.stop()
            }
        }

        @Test func aDamagedIndexIsSetAsideAndSaid() throws {
            let view = try filledView()
            let index = try #require(
                try cacheFiles(view, "/index.sqlite").first { $0.printable.hasSuffix("e") })
            try Calls.write([UInt8](repeating: 0x58, count: 8192), to: index, flags: 0)
            try verify(view, "a database that is none")
            let log = view.process.output
            #expect(log.contains("index"), "not a word in the log: \(log)")
            let folder = Array(index[..<(index.lastIndex(of: 0x2F) ?? 0)])
            let names = try Calls.names(folder).map(\.printable)
            #expect(
                names.contains {
                    $0.hasPrefix("index") && !$0.hasPrefix("index.sqlite-") && $0 != "index.sqlite"
                },
                "not set aside: \(names)")
            try view.waitForDisk()
            try view.restart()
            #expect(try view.differences() == [])
            #expect(try view.tier("disk").hits > 0, "the new index is not used")
        }

        @Test func partsOfTheCacheThatAreMissingAreFetchedAgain() throws {
            let view = try filledView()
            let losses: [(String, ([UInt8]) throws -> Void)] = [
                (
                    "/index.sqlite",
                    { try Calls.truncate($0, Int64(try Calls.status($0).st_size) / 2) }
                ),
                ("/index.sqlite", { try Calls.truncate($0, 0) }),
                ("/index.sqlite", { try Calls.unlink($0) }),
                ("/objects/", { try Calls.truncate($0, 0) }),
                ("/objects/", { try Calls.unlink($0) }),
                ("/packs/", { try Calls.truncate($0, Int64(try Calls.status($0).st_size) / 2) }),
                ("/packs/", { try Calls.unlink($0) }),
                (
                    "/objects/",
                    {
                        try Calls.unlink($0)
                        try Calls.makeDirectory($0)
                    }
                ),
            ]
            for (number, (part, lose)) in losses.enumerated() {
                for path in try cacheFiles(view, part) where Calls.exists(path) { try lose(path) }
                try verify(view, "loss \(number) in \(part)")
                try view.waitForDisk()
                try view.stop()
            }
        }

        /// The write-ahead log holds what was not yet in the database when the daemon was killed.
        @Test func aLostWriteAheadLogCostsFetchingAndNothingElse() throws {
            let view = try RunningView(area, share: share)
            #expect(try view.differences() == [])
            try view.waitForDisk()
            try view.kill()
            for path in try cacheFiles(view, "/index.sqlite-") { try Calls.unlink(path) }
            try verify(view, "without a write-ahead log")
            try view.stop()
        }

        /// Objects that were exchanged for one another carry right checksums of the wrong bytes.
        @Test func exchangedObjectsAreNoticed() throws {
            let folder = "\(share)/twins"
            try Calls.makeDirectory(folder)
            var generator = SplitMix(seed: 15)
            for number in 0..<4 {
                try TestLibrary.file(
                    "\(folder)/\(number).mkv", generator.content(2 << 20, compressible: false))
            }
            let view = try filledView()
            let objects = try cacheFiles(view, "/objects/")
                .filter { (try? Calls.status($0))?.st_size == 2 << 20 }
            try #require(objects.count == 4)
            try Calls.rename(objects[0], to: objects[0] + [0x78])
            try Calls.rename(objects[1], to: objects[0])
            try Calls.rename(objects[0] + [0x78], to: objects[1])
            try Calls.write(try Calls.contents(objects[2]), to: objects[3])
            try verify(view, "exchanged")
            #expect(try view.tier("disk").damaged > 0)
        }

        private struct Snapshot: Equatable {
            var version: [Int]
            var mode: mode_t
            var bytes: [UInt8]
        }

        private func snapshot(_ directory: String) throws -> [[UInt8]: Snapshot] {
            var found: [[UInt8]: Snapshot] = [:]
            for (path, status) in try FileTree.paths(directory) {
                let bytes = status.isRegular ? try Calls.contents(directory.pathBytes / path) : []
                found[path] = Snapshot(version: status.version, mode: status.st_mode, bytes: bytes)
            }
            return found
        }

        private func expectRefused(_ cache: String, _ words: String) throws {
            let before = try snapshot(cache)
            let mode = try Calls.status(cache).st_mode
            try? Calls.makeDirectory(area.path("refused"))
            let result = try area.run(
                BuiltPrograms.larder,
                ["mount", share, area.path("refused"), "-o", "cache=\(cache)", "--background"])
            #expect(result.code == 1 && result.errors.contains(words), "\(result)")
            #expect(result.errors.contains(cache), "which directory? \(result)")
            let isUntouched = try snapshot(cache) == before
            #expect(isUntouched, "a refused cache was touched")
            #expect(try Calls.status(cache).st_mode == mode)
            #expect(area.mounts == [])
        }

        @Test func aCacheOfAnotherFormatIsRefusedAndUntouched() throws {
            let view = try filledView()
            try Calls.write(Array("larder cache, format 999\n".utf8), to: "\(view.cache)/FORMAT")
            try expectRefused(view.cache, "format 999")
        }

        @Test func aDirectoryOfSomethingElseIsRefusedAndUntouched() throws {
            let foreign = try area.makeDirectory("photos")
            try TestLibrary.file("\(foreign)/holiday.jpg", [1, 2, 3])
            try expectRefused(foreign, "not made by Larder")
        }
    }

    /// After `kill -9` the cache is valid: what cannot be trusted is fetched again.
    @Suite struct KillTests {
        /// A notification to the kernel waits for the page of a read that the killed daemon will never answer, and
        /// holds the connection open that this read waits for.
        @Test(.timeLimit(.minutes(2))) func killedInsideANotificationItLetsItsReadersGo() throws {
            let area = Area.current
            let directory = try area.makeDirectory("truth")
            let count = 8 << 20
            try TestLibrary.file("\(directory)/film", [UInt8](repeating: 7, count: count))
            let share = try RunningSlowShare(area, directory: directory)
            let view = try RunningView(
                area, share: share.path, RunningView.Options(readahead: "0"))
            // Open on the share, so that opening it asks nothing.
            var held: OpenFile? = try Calls.open("\(view.path)/film")
            _ = try held?.read(at: 0, 4096)
            try share.control("hang")
            let reader = try area.spawn("reader", "cat", ["\(view.path)/film"])
            try waitUntil("the read is at the share") { try share.statistics().held > 0 ? () : nil }
            // Asks the kernel to drop the file's pages, of which one is being read.
            try view.evict("film")
            try waitUntil("the notification waits for the page") {
                try Self.isInNotification(view.process.pid) ? () : nil
            }
            view.process.send(SIGKILL)
            let daemon = try view.process.wait("the killed daemon", within: 20)
            #expect(daemon == .killed(signal: SIGKILL))
            let ending = try reader.wait("its reader", within: 20)
            #expect(ending == .exited(code: 1))
            held = nil
            try share.control("online")
            try view.start()
            #expect(try view.contents("film").count == count)
        }

        /// The process that ends a killed daemon's connection may come so late that the next daemon's mount has the same place and
        /// the same device.
        @Test(.needsRoot) func aLateGuardLeavesTheNextMountAlone() throws {
            let area = Area.current
            let directory = try area.makeDirectory("share")
            try TestLibrary.file("\(directory)/film", [1, 2, 3])
            let view = try RunningView(area, share: directory)
            let killed = view.process.pid
            // Linux before 6.8 has no number for it.
            guard let number = try? MountCalls.number(at: view.path) else { return }
            try view.killAndRestart()
            let mount = try #require(MountTable.current().entry(at: view.path.pathBytes))
            for (meant, isThere) in [(number, true), (try MountCalls.number(at: view.path), false)]
            {
                let words = [
                    "guard-connection", "--", "\(killed)", mount.device, view.path, "\(meant)", "-",
                ]
                let result = try area.run(BuiltPrograms.larder, words)
                #expect(result.isSuccess)
                #expect(((try? view.contents("film")) == [1, 2, 3]) == isThere)
            }
        }

        private static func isInNotification(_ process: Int32) throws -> Bool {
            for thread in try Calls.names("/proc/\(process)/task") {
                let place = "/proc/\(process)/task/\(String(decoding: thread, as: UTF8.self))"
                guard SpawnedProcess.text("\(place)/comm") == "invalidator\n" else { continue }
                return SpawnedProcess.text("\(place)/stat").contains("(invalidator) D")
            }
            return false
        }

        @Test(.timeLimit(.minutes(3))) func killedUnderLoadAtRandomMoments() throws {
            let seed = TestRun.seed &+ 3000
            var generator = SplitMix(seed: seed)
            let area = Area.current
            let share = try area.makeDirectory("share")
            try TestLibrary.make(
                share, folders: 3, filesPerFolder: 12, bigFiles: 2, using: &generator)
            let files = try FileTree.files(share)
            var options = RunningView.Options()
            let view = try RunningView(area, share: share, options)
            for round in 0..<TestRun.scaled(25) {
                let start = generator.next()
                let readers = TestThreads(3) { threads, number in
                    var own = SplitMix(seed: start &+ UInt64(number))
                    while !threads.isStopping {
                        let file = files[Int.random(in: 0..<files.count, using: &own)]
                        let difference = try area.guarded("read", within: 30) {
                            view.comparison.contentsDifference(file)
                        }
                        // The daemon is gone, which is no wrong byte.
                        if let difference, difference.contains("other bytes") {
                            throw RunningView.EndedWrongly(description: difference)
                        }
                        if view.process.ended != nil { return }
                    }
                }
                usleep(UInt32.random(in: 1000...300_000, using: &generator))
                if generator.chance(20) { try view.evict() }
                try view.kill()
                readers.stop()
                try readers.join()
                options.disk = generator.chance(70) ? "256M" : "64M"
                try view.start(options)
                // Every other time the next round begins with a cache that nobody has looked at.
                guard generator.chance(60) else { continue }
                #expect(try view.differences() == [], "round \(round), seed \(seed)")
            }
            #expect(try view.differences() == [], "seed \(seed)")
            try view.stop()
        }
    }
}
