import Control
import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// A share that cannot be reached is not a share whose files are gone: what is cached goes on
    /// being served, also after a restart, nothing is deleted, and what is not cached fails soon.
    @Suite struct OfflineTests {
        private let area = Area.current
        private let truth: String
        /// `timeout=`.
        private let deadline = 1.0

        init() throws {
            truth = try area.makeDirectory("truth")
            var generator = SplitMix(seed: 12)
            for folder in ["seen", "seen/deeper", "unseen"] {
                try Calls.makeDirectory("\(truth)/\(folder)")
                for number in 0..<6 {
                    try TestLibrary.file(
                        "\(truth)/\(folder)/\(number).txt",
                        generator.content(5000 + number * 90_000))
                }
            }
            try Calls.symbolicLink("deeper", at: "\(truth)/seen/link")
        }

        /// Entries grow old at once, so that everything is asked again behind the reader's back.
        private var options: RunningView.Options {
            var options = RunningView.Options.eventual(propagation: "50ms")
            options.timeout = "1s"
            return options
        }

        private func readSeen(_ view: RunningView) throws {
            let seen = TreeComparison(share: "\(truth)/seen", view: "\(view.path)/seen")
            #expect(try view.guarded("read all") { seen.differences() } == [])
            let names = try view.guarded("list") { try Calls.names("\(view.path)/unseen") }
            #expect(names.count == 6)
            #expect(try view.guarded("list") { try Calls.names(view.path) }.count == 2)
        }

        /// Everything that was read before, attributes and listings, without waiting for anybody.
        private func expectSeen(_ view: RunningView, within seconds: Double = 4) throws {
            let seen = TreeComparison(share: "\(truth)/seen", view: "\(view.path)/seen")
            let start = secondsNow()
            let wrong = try view.guarded("read all", within: 20) { seen.differences() }
            #expect(wrong == [])
            #expect(secondsNow() - start < seconds, "cached bytes waited for a share that is away")
            let root = try view.guarded("list") {
                try Calls.names(view.path).map(\.printable).sorted()
            }
            #expect(root == ["seen", "unseen"])
            let status = try view.guarded("stat") { try Calls.status("\(view.path)/unseen/3.txt") }
            #expect(Int(status.st_size) == 5000 + 3 * 90_000)
        }

        /// What the view has of a file, whatever the kernel keeps.
        private func withoutPages(
            _ view: RunningView, _ name: String, _ count: Int
        ) throws -> [UInt8] {
            try view.guarded("read") {
                let file = try Calls.open("\(view.path)/\(name)", O_RDONLY)
                file.dropPages()
                return try file.read(at: 0, count)
            }
        }

        private func failure(_ view: RunningView, _ name: String) throws -> (
            Errno?, seconds: Double
        ) {
            let start = secondsNow()
            do {
                _ = try view.contents(name)
                return (nil, secondsNow() - start)
            } catch let error as Errno {
                return (error, secondsNow() - start)
            }
        }

        @Test(arguments: [("hang", Errno.timedOut), ("offline", .ioError)])
        func cachedStaysAndUncachedFailsSoon(word: String, expected: Errno) throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: share.path, options)
            try readSeen(view)
            try view.waitForDisk()
            let before = try view.tier("disk")

            try share.control(word)
            try expectSeen(view)
            let (first, took) = try failure(view, "unseen/0.txt")
            #expect(first == expected, "uncached bytes from a share that is away")
            #expect(took < deadline + 2, "failed after \(took) s")
            for number in 1..<5 {
                let (error, seconds) = try failure(view, "unseen/\(number).txt")
                #expect(error != nil)
                // A share that fails at once is a share that answers: nothing to wait for either.
                #expect(seconds < 0.5, "the next one paid a deadline again: \(seconds) s")
            }
            try expectSeen(view)
            try waitUntil("the status says so", within: 5, poll: 0.1) {
                let status = try view.status()
                return status.state == .shareUnreachable && status.reason != nil
            }
            try expectSeen(view)
            let during = try view.tier("disk")
            #expect(during.entries >= before.entries, "cached files were given up")

            try share.control("online")
            try waitUntil("uncached bytes are read again", within: 5, poll: 0.1) {
                try view.contents("unseen/0.txt") == (try Calls.contents("\(truth)/unseen/0.txt"))
            }
            try waitUntil("the status is well again", within: 5) { try view.status().state == .ok }
            #expect(try view.differences(from: truth) == [])
            try view.stop()
        }

        /// SMB's client says at once that its server is away, until it is back; nobody has to ask for that to be noticed.
        @Test(arguments: [
            (name: "EHOSTDOWN", errno: Errno.hostDown), (name: "ENOTCONN", errno: .ioError),
            (name: "ESTALE", errno: .ioError),
        ])
        func aShareThatCannotBeReachedIsSaidToBeAwayUntilItIsBack(
            error: (name: String, errno: Errno)
        ) throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: share.path, options)
            try readSeen(view)
            try share.control("fail", "read", "EIO", "1/1")
            // For longer than it takes to ask the share whether that is true of it.
            let end = secondsNow() + 2.5
            while secondsNow() < end {
                #expect(try failure(view, "unseen/0.txt").0 == .ioError)
                #expect(try view.status().state == .ok, "files that cannot be read are no share")
            }
            try share.control("fail", "clear")
            try share.control("offline", error.name)
            #expect(try failure(view, "unseen/1.txt").0 == error.errno, "the share's own word")
            try waitUntil("the status says so", within: 5, poll: 0.1) {
                try view.status().state == .shareUnreachable
            }
            #expect(try failure(view, "unseen/2.txt").0 == error.errno, "asked all the same")
            try expectSeen(view)
            // What cannot be learned of a file now says nothing of it.
            for name in try Calls.names("\(truth)/seen").map(\.printable)
            where name.hasSuffix(".txt") {
                let path = "\(view.path)/seen/\(name)"
                _ = try view.guarded("getxattr") { try? Calls.attribute(path, "user.unknown") }
                let right = try Calls.contents("\(truth)/seen/\(name)")
                #expect(try withoutPages(view, "seen/\(name)", right.count) == right)
            }
            #expect(try view.status().state == .shareUnreachable, "whatever else succeeded")
            try share.control("online")
            try waitUntil("the status is well again", within: 5) { try view.status().state == .ok }
        }

        /// Where times have whole seconds, as over SFTP, bytes that were read as soon as their version was seen are read anew at
        /// the next use, two seconds later. They are what there is while the share is away.
        @Test(arguments: ["hang", "offline"])
        func whatWasReadAtFirstSightIsReadWithoutTheShare(word: String) throws {
            let right = [UInt8](repeating: 7, count: 100_000)
            try Calls.write(right, to: "\(truth)/young.txt")
            let share = try RunningSlowShare(area, directory: truth, more: ["--time-step", "1s"])
            let view = try RunningView(area, share: share.path, options)
            #expect(try view.contents("young.txt") == right)
            try share.control(word)
            // Until well after that, whoever comes, and whatever the kernel keeps.
            let end = secondsNow() + 4.5
            while secondsNow() < end {
                #expect(try withoutPages(view, "young.txt", right.count) == right)
            }
            try share.control("online")
        }

        /// By the time that it has been read through, its first seconds have been fetched anew as well.
        @Test func aFilmThatWasReadAtFirstSightIsReadWithoutTheShare() throws {
            var generator = SplitMix(seed: 13)
            let right = generator.content(12 << 20)
            try Calls.write(right, to: "\(truth)/film.mkv")
            let share = try RunningSlowShare(
                area, directory: truth, bandwidth: "3MB/s", more: ["--time-step", "1s"])
            var options = options
            options.timeout = "10s"
            options.readahead = "1M"
            let view = try RunningView(area, share: share.path, options)
            #expect(try view.contents("film.mkv") == right)
            try waitUntil("all of it is on the cache's disk", within: 20, poll: 0.1) {
                try view.tier("disk").bytes >= UInt64(right.count)
            }
            try share.control("offline")
            #expect(try withoutPages(view, "film.mkv", right.count) == right)
            try share.control("online")
        }

        /// The share answers again at once, and what it has may be another version.
        @Test func whatWasReadAtFirstSightIsNotJoinedWithWhatTheShareHasNow() throws {
            let (old, new) = (UInt8(ascii: "A"), UInt8(ascii: "B"))
            let size = 16 << 20
            let file = "\(truth)/film.mkv"
            func write(_ byte: UInt8) throws {
                try Calls.write([UInt8](repeating: byte, count: size), to: file)
            }
            let share = try RunningSlowShare(area, directory: truth, more: ["--time-step", "1s"])
            var options = RunningView.Options.eventual(propagation: "60s")
            options.readahead = "0"
            let view = try RunningView(area, share: share.path, options)
            // The second write shows in no time.
            try write(old)
            let modified = try Calls.status(file).st_mtim
            let reader = try Calls.open("\(view.path)/film.mkv", O_RDONLY | openDirect)
            let middle = Int64(size / 2)
            let first = try view.guarded("read") { try reader.readDirectly(at: middle, 4096) }
            #expect(first.allSatisfy { $0 == old })
            try write(new)
            try Calls.setTimes(file, accessed: modified, modified: modified)
            // Not young any more, it is read anew.
            let end = secondsNow() + 4
            try waitUntil("it is old enough", within: 10) { secondsNow() >= end }
            try share.control("fail-nth", "read", "EIO", "1")
            var got: Set<UInt8> = []
            for _ in 0..<4 {
                let bytes = try? view.guarded("read") {
                    try reader.readDirectly(at: middle - 65536, 131_072)
                }
                guard let bytes else { continue }
                got = Set(bytes)
                #expect(got.count == 1, "bytes of two versions")
            }
            #expect(got == [new])
        }

        /// Browsing and reading from the disk tier alone: the kernel's pages and memory are empty
        /// after a restart.
        @Test(arguments: ["hang", "offline"])
        func servedFromDiskAfterARestart(word: String) throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: share.path, options)
            try readSeen(view)
            try view.waitForDisk()
            try view.restart(options)
            try share.control(word)
            try expectSeen(view)
            #expect(try failure(view, "unseen/1.txt").0 != nil)
            try share.control("online")
            try waitUntil("everything is right again", within: 10, poll: 0.1) {
                try view.differences(from: truth) == []
            }
        }

        /// A player opens what it has a bookmark of, and lists nothing.
        @Test func whatWasOpenedByNameAloneIsThereAfterARestart() throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: share.path, options)
            let before = try share.statistics().operations["readdir", default: 0]
            let name = "seen/deeper/5.txt"
            let bytes = try view.contents(name)
            // Names and end of each of its three folders.
            try waitUntil("the names around it are known", within: 10) {
                try share.statistics().operations["readdir", default: 0] >= before + 6
            }
            try view.waitForDisk()
            try view.restart(options)
            try share.control("offline")
            #expect(try view.contents(name) == bytes)
        }

        /// Also what is older than its TTL, which would be asked for first: one deadline is paid,
        /// then none.
        @Test func expiredEntriesAreServedTooWhileNobodyAnswers() throws {
            let share = try RunningSlowShare(area, directory: truth)
            var options = options
            options.ttl = "100ms"
            let view = try RunningView(area, share: share.path, options)
            try readSeen(view)
            try share.control("hang")
            usleep(200_000)  // older than the TTL
            try view.guarded("pay the deadline") {
                _ = try? Calls.contents("\(view.path)/seen/0.txt")
            }
            try expectSeen(view)
            try share.control("online")
            try waitUntil("everything is right again", within: 10, poll: 0.1) {
                try view.differences(from: truth) == []
            }
        }

        /// `strict` asks each time; without an answer the cache is the best that there is.
        @Test func strictServesWhatItHasToo() throws {
            let share = try RunningSlowShare(area, directory: truth)
            var options = RunningView.Options.strict
            options.timeout = "1s"
            let view = try RunningView(area, share: share.path, options)
            try readSeen(view)
            try share.control("hang")
            try view.guarded("pay the deadline") {
                _ = try? Calls.contents("\(view.path)/seen/0.txt")
            }
            try expectSeen(view)
            try share.control("online")
            try waitUntil("everything is right again", within: 10, poll: 0.1) {
                try view.differences(from: truth) == []
            }
        }

        /// Readers that wait for the share when it goes away get an error or their bytes; none
        /// waits for ever.
        @Test func readersInTheMiddleAreLetGo() throws {
            let share = try RunningSlowShare(area, directory: truth, roundTrip: "20ms")
            let view = try RunningView(area, share: share.path, options)
            let area = area
            let truth = truth
            let threads = TestThreads(4) { _, index in
                for round in 0..<3 {
                    for number in 0..<6 {
                        let name =
                            ["seen", "unseen", "seen/deeper"][(index + round) % 3]
                            + "/\(number).txt"
                        do {
                            let bytes = try area.guarded("read \(name)", within: 10) {
                                try Calls.contents("\(view.path)/\(name)")
                            }
                            guard bytes == (try Calls.contents("\(truth)/\(name)")) else {
                                throw RunningView.EndedWrongly(description: "wrong bytes: \(name)")
                            }
                        } catch is Errno {
                            // Let go.
                        }
                    }
                }
            }
            for _ in 0..<3 {
                usleep(50_000)
                try share.control("hang")
                usleep(50_000)
                try share.control("online")
            }
            try share.control("hang")
            try threads.join(within: 60)
            try share.control("online")
            try waitUntil("everything is right again", within: 10, poll: 0.1) {
                try view.differences(from: truth) == []
            }
            try view.stop()
        }

        /// A mount over a share that hangs is refused in time, with words, or comes up.
        @Test func aMountDoesNotHangWithItsShare() throws {
            let share = try RunningSlowShare(area, directory: truth)
            try area.makeDirectory("early")
            try share.control("hang")
            let start = secondsNow()
            let result = try area.run(
                BuiltPrograms.larder,
                [
                    "mount", share.path, area.path("early"), "-o",
                    "cache=\(area.path("c")),timeout=1s",
                    "--background",
                ], within: 20)
            #expect(secondsNow() - start < 10)
            #expect(result.code == 1 && result.errors.contains("did not answer"), "\(result)")
            try share.control("online")
        }
    }
}
