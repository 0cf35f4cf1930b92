import Control
import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

extension IntegrationTests {
    /// An error of the share reaches the caller of `write`, `fsync` or `close`; what was said to be done is on the
    /// share; and afterwards the view shows what the share has, without a new mount.
    @Suite struct WriteFaultTests {
        private let area = Area.current
        private let truth: String
        private let script = WriteScript(seed: TestRun.seed &+ 8000)

        init() throws {
            truth = try area.makeDirectory("truth")
            try script.prepare(truth)
        }

        private func expectSame(_ view: RunningView, _ words: String) throws {
            var differences: [String] = []
            do {
                // The kernel hears of it a moment after the error was given.
                try waitUntil("the view shows what the share has", within: 2) {
                    differences = try view.differences(from: truth)
                    return differences.isEmpty
                }
            } catch {
                Issue.record("\(words), seed \(TestRun.seed): \(differences)")
            }
        }

        /// Fails the first operation on the share, then the second, and so on, until none is left to fail.
        @Test(.timeLimit(.minutes(5)), arguments: ["EIO", "ESTALE"])
        func everyOperationMayFailOnce(name: String) throws {
            let error: Errno = name == "EIO" ? .ioError : .stale
            let share = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: share.path)
            var (fired, visible, number) = (0, 0, 0)
            // Every operation in a thorough run, every ninth, at another place each time, in a quick one.
            let step = TestRun.scale >= 2 ? 1 : 9
            number = Int(TestRun.seed % UInt64(step)) + 1
            while true {
                // Through the view, which knows it at once; and then forgets it.
                try view.guarded("prepare", within: 60) { try script.prepare(view.path) }
                try view.evict()
                try share.control("fail-nth", "any", name, "\(number)")
                let errors = try view.guarded("the script", within: 60) {
                    script.run(on: view.path)
                }
                let hasFired = try share.firedFaults() > 0
                try share.control("fail", "clear")
                let words = "\(name) at operation \(number): \(errors)"
                // The share's own kernel opens anew after ESTALE, also when it had made the file: then that is in the way.
                let isOwn = errors == ["create and write": .exists] && error == .stale
                #expect(isOwn || errors.values.allSatisfy { $0 == error }, "\(words)")
                #expect(errors.count <= 1, "\(words)")
                #expect(script.missing(on: truth, failed: errors) == [], "\(words)")
                visible += errors.count
                try expectSame(view, words)
                guard hasFired else { break }
                fired += 1
                number += step
                try #require(number < 2000, "the script has no end")
            }
            #expect(fired >= 60 / step, "only \(fired) operations were made to fail")
            // A stale handle is looked up again.
            if error == .ioError { #expect(visible >= 20 / step, "hardly a fault was seen") }
            try view.stop()
        }

        /// Each kind of operation fails for as long as the rule stands.
        @Test(arguments: [
            ("write", "ENOSPC", Errno.noSpace), ("write", "EDQUOT", Errno(rawValue: EDQUOT)),
            ("write", "EFBIG", .fileTooLarge), ("flush", "EDQUOT", Errno(rawValue: EDQUOT)),
            ("fsync", "EIO", .ioError), ("create", "EACCES", .accessDenied),
            ("create", "ENOSPC", .noSpace), ("rename", "EROFS", .readOnlyFileSystem),
            ("setattr", "EPERM", .notPermitted), ("mkdir", "EDQUOT", Errno(rawValue: EDQUOT)),
            ("unlink", "EACCES", .accessDenied), ("any", "EIO", .ioError),
        ])
        func theErrorIsTheCallers(kind: String, name: String, error: Errno) throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: share.path)
            try expectSame(view, "before")
            try share.control("fail", kind, name, "1/1")
            let errors = try view.guarded("the script", within: 60) { script.run(on: view.path) }
            try share.control("fail", "clear")
            let failing: [String: [String]] = [
                "write": [
                    "create and write", "overwrite", "append", "write over all",
                ],
                "flush": ["create and write", "overwrite", "append", "write over all"],
                "fsync": ["create and write"], "create": ["create and write"],
                "rename": ["rename", "rename over"], "setattr": ["chmod", "utimes", "truncate"],
                "mkdir": ["mkdir"], "unlink": ["unlink"],
            ]
            let all = kind == "any" ? script.steps.map(\.name) : failing[kind] ?? []
            for step in all { #expect(errors[step] == error, "\(step) was told nothing") }
            // Pages that could not be sent are an error of `msync`, whichever the share gave.
            let others = errors.filter { $0.key != "write through a mapping" }
            #expect(others.values.allSatisfy { $0 == error }, "\(errors)")
            #expect(script.missing(on: truth, failed: errors) == [])
            try expectSame(view, "\(kind) \(name)")

            // And everything goes on.
            try view.guarded("prepare", within: 60) { try script.prepare(view.path) }
            let after = try view.guarded("the script", within: 60) { script.run(on: view.path) }
            #expect(after == [:])
            #expect(script.missing(on: truth, failed: [:]) == [])
            try expectSame(view, "after \(kind) \(name)")
            try view.stop()
        }

        /// The share does what it says it could not, as where an answer is lost: the view shows what the share has.
        @Test(
            arguments: [
                "write", "rename", "setattr", "mkdir", "rmdir", "unlink", "link",
                "symlink", "fallocate", "setxattr", "any",
            ])
        func whatWasDoneAllTheSameIsSeen(kind: String) throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: share.path)
            try expectSame(view, "before")
            for rate in TestRun.scale > 1 ? ["1/1", "1/2", "1/3"] : ["1/1"] {
                try view.guarded("prepare", within: 60) { try script.prepare(view.path) }
                try share.control("fail-late", kind, "EIO", rate)
                let errors = try view.guarded("the script", within: 60) {
                    script.run(on: view.path)
                }
                try share.control("fail", "clear")
                try expectSame(view, "\(rate) of \(kind), \(errors)")
            }
            try view.stop()
        }

        /// The share stops answering, or refuses, or flickers, while cached files are read and others written.
        @Test(.timeLimit(.minutes(3)), arguments: ["hang", "offline", "flapping"])
        func aHundredReadersOfCachedFilesNoticeNothing(word: String) throws {
            let cached = 20
            for number in 0..<cached {
                try TestLibrary.file("\(truth)/cached\(number)", script.old)
                try TestLibrary.file("\(truth)/uncached\(number)", script.old)
            }
            let share = try RunningSlowShare(area, directory: truth)
            var options = RunningView.Options.eventual(propagation: "100ms")
            options.timeout = "2s"
            let view = try RunningView(area, share: share.path, options)
            for number in 0..<cached { _ = try view.contents("cached\(number)") }
            let held = try view.guarded("open") {
                try Calls.open("\(view.path)/overwritten", O_RDWR)
            }

            let slowest = Mutex(0.0)
            let old = script.old
            let readers = TestThreads(100) { [area] threads, index in
                var generator = SplitMix(seed: UInt64(index))
                while !threads.isStopping {
                    let name = "\(view.path)/cached\(Int.random(in: 0..<cached, using: &generator))"
                    let start = secondsNow()
                    let bytes = try area.guarded("read \(name)", within: 60) {
                        try Calls.contents(name)
                    }
                    let seconds = secondsNow() - start
                    slowest.withLock { $0 = max($0, seconds) }
                    guard bytes == old else { throw Errno.invalid }
                    usleep(20_000)
                }
            }
            func away() throws {
                try share.control(word == "offline" ? word : "hang")
                for number in 0..<3 {
                    let start = secondsNow()
                    do {
                        // Reading ahead may have brought it in.
                        let bytes = try view.contents("uncached\(number)")
                        #expect(bytes == old, "uncached\(number)")
                    } catch is Errno {}
                    #expect(throws: Errno.self) {
                        try view.guarded("write") { try held.write(script.new, at: 0) }
                    }
                    #expect(throws: Errno.self) {
                        try view.guarded("create") {
                            _ = try Calls.open("\(view.path)/new", O_WRONLY | O_CREAT)
                        }
                    }
                    #expect(secondsNow() - start < 8, "waited beyond the deadlines")
                }
                try share.control("online")
            }
            for _ in 0..<(word == "flapping" ? 4 : 1) { try away() }
            try waitUntil("what was open is written again", within: 15, poll: 0.05) {
                try view.guarded("write") { try held.write(script.new, at: 0) }
                return true
            }
            try view.guarded("fsync") { try held.synchronize() }
            readers.stop()
            try readers.join()
            let seconds = slowest.withLock { $0 }
            // Less than a deadline, which is what it would be.
            #expect(seconds < 2, "a cached read waited \(seconds) s for a share that is away")
            #expect(
                try Calls.contents("\(truth)/overwritten")[..<script.new.count] == script.new[...])
            try waitUntil("the view shows what the share has", within: 15, poll: 0.1) {
                try view.differences(from: truth) == []
            }
        }

        /// As many bytes are on the share as `write` has said, however it was opened: whoever appends the rest once more would
        /// have it twice.
        @Test(
            .needsRoot, .needs("mount", "umount"),
            arguments: [
                O_WRONLY | O_APPEND, O_RDWR | O_APPEND, O_WRONLY | O_APPEND | openDirect, O_WRONLY,
                O_WRONLY | openDirect,
            ])
        func aShareThatGetsFullHasWhatWasSaid(flags: Int32) throws {
            let full = try area.makeDirectory("full")
            try area.mountMemory(on: full, mebibytes: 1)
            let view = try RunningView(area, share: full)
            let piece = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 4096 &+ $0) }
            let path = "\(view.path)/file"
            let written = try view.guarded("write until the share is full") { () -> [UInt8] in
                let file = try Calls.open(path, flags | O_CREAT)
                var written: [UInt8] = []
                while true {
                    do throws(Errno) {
                        let count =
                            flags & O_APPEND != 0
                            ? try file.append(piece)
                            : try file.writeOnce(piece, at: Int64(written.count))
                        written += piece[..<count]
                    } catch {
                        #expect(error == .noSpace)
                        return written
                    }
                }
            }
            #expect(written.count == 1 << 20)
            let isOnShare = try Calls.contents("\(full)/file") == written
            #expect(isOnShare)
            let isShown = try view.contents("file") == written
            #expect(isShown)
            try view.stop()
        }

        /// Writers with more bytes than the daemon holds wait for a share that hangs; then each has written what it was told, and
        /// nobody was refused.
        @Test func moreWritersThanThereIsMemoryForWait() throws {
            let writers = 90
            for number in 0..<writers { try TestLibrary.file("\(truth)/written\(number)", []) }
            let share = try RunningSlowShare(area, directory: truth)
            var options = RunningView.Options()
            options.timeout = "60s"
            let view = try RunningView(area, share: share.path, options)
            let paths = (0..<writers).map { "\(view.path)/written\($0)" }
            let told = Mutex([Int: Int]())
            let opened = Mutex(0)
            let hangs = Gate()
            defer { hangs.open() }
            let threads = TestThreads(writers) { [area] _, number in
                try area.guarded("write \(number)", within: 60) {
                    try separateDescriptors()
                    let file = try Calls.open(
                        paths[number], O_WRONLY | (number % 2 == 0 ? openDirect : 0))
                    let content = [UInt8](repeating: UInt8(number + 1), count: 1 << 20)
                    // The kernel asks for a file's capabilities before its first write.
                    _ = try file.writeOnce([0], at: 0)
                    opened.withLock { $0 += 1 }
                    hangs.pass()
                    let count = try file.writeOnce(content, at: 0)
                    told.withLock { $0[number] = count }
                }
            }
            // Opening waits for the share too, and is not what this is about.
            try waitUntil("all have their files open") { opened.withLock { $0 == writers } }
            try share.control("hang")
            hangs.open()
            try waitUntil("all of them wait") {
                let status = try view.status().share
                return status.inFlight + status.waiting >= writers
            }
            try share.control("online")
            try threads.join()
            let counts = told.withLock { $0 }
            for number in 0..<writers {
                let count = try #require(counts[number])
                let isRight =
                    try Calls.contents("\(truth)/written\(number)")
                    == Array(repeating: UInt8(number + 1), count: count)
                #expect(count > 0 && isRight, "writer \(number) was told \(count)")
            }
            try view.stop()
        }

        /// A program that waits for a share that hangs ends when it is killed, long before the deadline.
        @Test(arguments: [
            ["cat", "VIEW/uncached"],
            ["dd", "if=/dev/zero", "of=VIEW/removed", "bs=1M", "count=8"],
            ["touch", "VIEW/fresh"], ["mv", "VIEW/renamed", "VIEW/elsewhere"],
            ["dd", "if=/dev/zero", "of=VIEW/appended", "conv=notrunc,fsync", "bs=4k", "count=1"],
            ["rm", "VIEW/linked"], ["ls", "VIEW/folder/deeper"],
        ])
        func aKilledProgramThatWaitsEndsAtOnce(words: [String]) throws {
            try TestLibrary.file("\(truth)/uncached", script.old)
            try Calls.makeDirectory("\(truth)/folder/deeper")
            let share = try RunningSlowShare(area, directory: truth)
            // Names that are known are answered without the share, unless it is asked each time.
            var options = words[0] == "ls" ? RunningView.Options.strict : RunningView.Options()
            options.timeout = "60s"
            let view = try RunningView(area, share: share.path, options)
            _ = try view.guarded("list") { try Calls.names(view.path) }
            _ = try view.guarded("list") { try Calls.names("\(view.path)/folder") }
            try share.control("hang")
            let name = try #require(TestRun.program(words[0]))
            let process = try area.spawn(
                words[0], name,
                words.dropFirst().map { word in
                    word.hasPrefix("of=VIEW")
                        ? "of=\(view.path)\(word.dropFirst(7))"
                        : word.hasPrefix("VIEW") ? "\(view.path)\(word.dropFirst(4))" : word
                })
            try waitUntil("it waits for the share") {
                try share.statistics().held > 0 && process.ended == nil
            }
            let start = secondsNow()
            process.send(SIGKILL)
            #expect(try process.wait(words[0], within: 10) == .killed(signal: SIGKILL))
            #expect(secondsNow() - start < 5, "held for \(secondsNow() - start) s")
            try share.control("online")
            try waitUntil("the view shows what the share has", within: 20, poll: 0.1) {
                try view.differences(from: truth) == []
            }
            try view.stop()
        }
    }
}
