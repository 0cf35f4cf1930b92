import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// Locks of a view are the share's: who uses it by another way sees them, and nobody else's are in the way.
    @Suite(.needs("perl")) struct LockTests {
        private let area = Area.current
        private let share: String
        private var file: String { "\(share)/file" }

        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/file", [UInt8](repeating: 7, count: 10_000))
        }

        private func holder(
            _ path: String, _ kind: LockHolder.Kind, start: Int64 = 0, length: Int64 = 0,
            waits: Bool = false
        ) throws -> LockHolder {
            try LockHolder(area, path, kind, start: start, length: length, waits: waits)
        }

        private func expectFree(_ path: String, within seconds: Double = 10) throws {
            let open = try Calls.open(path, O_RDWR)
            try waitUntil("nobody has a lock on \(path)", within: seconds, poll: 0.002) {
                try area.guarded("ask for locks") {
                    try FileCalls.conflictingLock(
                        open.descriptor, RecordLock(kind: .write, start: 0, length: 0)) == nil
                }
            }
        }

        /// Where two programs meet: in one view, in two, or one of them on the share itself.
        enum Meeting: String, CaseIterable {
            case oneView, twoViews, viewThenShare, shareThenView
        }

        private func places(_ meeting: Meeting) throws -> (first: String, second: String) {
            let view = try RunningView(area, share: share)
            let inView = "\(view.path)/file"
            switch meeting {
            case .oneView: return (inView, inView)
            case .viewThenShare: return (inView, file)
            case .shareThenView: return (file, inView)
            case .twoViews:
                let other = try RunningView(area, share: share, name: "other")
                return (inView, "\(other.path)/file")
            }
        }

        @Test(arguments: Meeting.allCases) func recordLocksExcludeOthers(_ meeting: Meeting) throws
        {
            let (first, second) = try places(meeting)
            let one = try holder(first, .write, start: 100, length: 50)
            #expect(try one.result() == "has it")
            #expect(try holder(second, .write, start: 149, length: 1).result() == "error \(EAGAIN)")
            #expect(try holder(second, .read, start: 0, length: 0).result() == "error \(EAGAIN)")
            #expect(try holder(second, .write, start: 150, length: 10).result() == "has it")
            #expect(try holder(second, .write, start: 0, length: 100).result() == "has it")
            let many = try (0..<3).map { _ in try holder(second, .read, start: 5000, length: 10) }
            for reader in many { #expect(try reader.result() == "has it") }
            #expect(try holder(first, .read, start: 5000, length: 10).result() == "has it")
            #expect(try holder(first, .write, start: 5000, length: 1).result() == "error \(EAGAIN)")
        }

        @Test(arguments: Meeting.allCases) func flockExcludesOthers(_ meeting: Meeting) throws {
            let (first, second) = try places(meeting)
            let one = try holder(first, .whole)
            #expect(try one.result() == "has it")
            #expect(try holder(second, .whole).result() == "error \(EAGAIN)")
            // The two kinds know nothing of each other, as on a local disk.
            #expect(try holder(second, .write).result() == "has it")
            let waiting = try holder(second, .whole, waits: true)
            usleep(100_000)
            #expect(waiting.answer == nil)
            try one.kill()
            #expect(try waiting.result() == "has it")
        }

        @Test(arguments: Meeting.allCases) func whoWaitsGetsItWhenItsHolderIsKilled(
            _ meeting: Meeting
        ) throws {
            let (first, second) = try places(meeting)
            let one = try holder(first, .write, start: 0, length: 10)
            #expect(try one.result() == "has it")
            let waiting = try (0..<3).map {
                try holder(second, .write, start: Int64($0), length: 1, waits: true)
            }
            usleep(300_000)
            #expect(waiting.allSatisfy { $0.answer == nil })
            try one.kill()
            for waiter in waiting { #expect(try waiter.result() == "has it") }
        }

        @Test func theHolderIsNamed() throws {
            let view = try RunningView(area, share: share)
            let path = "\(view.path)/file"
            let one = try holder(path, .write, start: 100, length: 50)
            try one.result()
            let open = try Calls.open(path, O_RDWR)
            let found = try conflict(open, F_RDLCK, 0, 0)
            #expect(found == "write 100 50 of \(one.process.pid)")
            // On this machine, but past the view.
            let direct = try holder(file, .read, start: 7, length: 1)
            try direct.result()
            #expect(
                try conflict(open, F_WRLCK, 0, 10) == "read 7 1 of \(direct.process.pid)")
            #expect(try conflict(open, F_RDLCK, 0, 100) == "none")
            #expect(try conflict(open, F_WRLCK, 150, 0) == "none")
        }

        /// As `F_GETLK` says it.
        private func conflict(
            _ open: OpenFile, _ kind: Int32, _ start: Int, _ length: Int
        ) throws -> String {
            var lock = flock()
            lock.l_type = Int16(kind)
            lock.l_start = start
            lock.l_len = length
            _ = try Calls.check { fcntl(open.descriptor, F_GETLK, &lock) }
            guard Int32(lock.l_type) != F_UNLCK else { return "none" }
            let word = Int32(lock.l_type) == F_RDLCK ? "read" : "write"
            return "\(word) \(lock.l_start) \(lock.l_len) of \(lock.l_pid)"
        }

        /// The locks of a process go with the first descriptor of the file that it closes, also one that only reads and
        /// that others keep open.
        @Test func closingADescriptorReleasesWhatItsProcessHas() throws {
            let view = try RunningView(area, share: share)
            let heir = try holder("\(view.path)/file", .readWithHeir)
            #expect(try heir.result() == "has it")
            #expect(try holder(file, .write).result() == "error \(EAGAIN)")
            let child = try waitUntil("its child is there") { heir.heir }
            try heir.kill()
            try expectFree(file)
            // What inherited the descriptor has it still.
            #expect(Glibc.kill(child, 0) == 0)
            Glibc.kill(child, SIGKILL)

            // And with the handle what was its own (`F_OFD_SETLK`).
            do {
                let open = try Calls.open("\(view.path)/file", O_RDWR)
                try FileCalls.setLock(
                    open.descriptor, RecordLock(kind: .write, start: 0, length: 0))
                #expect(try holder(file, .write).result() == "error \(EAGAIN)")
            }
            try expectFree(file)
            try view.stop()
        }

        /// Any signal ends the wait, and no lock is left of it.
        @Test func aWaitCanBeInterrupted() throws {
            let view = try RunningView(area, share: share)
            let one = try holder(file, .write)
            try one.result()
            let waiting = try holder("\(view.path)/file", .write, waits: true)
            #expect(try waiting.interrupted() == "error \(EINTR)")
            let killed = try holder("\(view.path)/file", .whole, waits: true)
            let other = try holder("\(view.path)/file", .write, waits: true)
            usleep(100_000)
            try killed.kill()
            try other.kill()
            try one.kill()
            try expectFree(file)
            #expect(try holder(file, .whole).result() == "has it")
        }

        /// Of a file that has no name any more, and through an appending descriptor.
        @Test func anUnlinkedFileCanBeLocked() throws {
            let view = try RunningView(area, share: share)
            let path = "\(view.path)/file"
            let (reader, writer) = (try Calls.open(path), try Calls.open(path, O_WRONLY | O_APPEND))
            try area.guarded("unlink") { try Calls.unlink(path) }
            try area.guarded("lock") {
                try FileCalls.setLock(
                    writer.descriptor, RecordLock(kind: .write, start: 0, length: 10))
                #expect(throws: Errno.again) {
                    try FileCalls.setLock(
                        reader.descriptor, RecordLock(kind: .read, start: 0, length: 1))
                }
                try FileCalls.lockFile(reader.descriptor, LOCK_EX)
                #expect(throws: Errno.again) {
                    try FileCalls.lockFile(writer.descriptor, LOCK_SH)
                }
            }
        }

        /// Where nobody has it open but who reads it.
        @Test func anUnlinkedFileCanBeLockedByItsReader() throws {
            let view = try RunningView(area, share: share)
            let path = "\(view.path)/file"
            let reader = try Calls.open(path)
            let shared = RecordLock(kind: .read, start: 5, length: 5)
            try area.guarded("lock") {
                try Calls.unlink(path)
                try FileCalls.setLock(reader.descriptor, shared)
                try FileCalls.lockFile(reader.descriptor, LOCK_EX)
            }
            #expect(try reader.read(at: 0, 10) == [UInt8](repeating: 7, count: 10))
        }

        @Test func aShareWithoutLocksIsOneToPrograms() throws {
            let nas = try RunningSlowShare(area, directory: share)
            let view = try RunningView(area, share: nas.path)
            for word in ["EOPNOTSUPP", "ENOLCK", "ENOSYS"] {
                for operation in ["setlk", "flock"] {
                    try nas.control("fail", operation, word, "1/1")
                }
                #expect(
                    try holder("\(view.path)/file", .write).result() == "error \(ENOLCK)", "\(word)"
                )
                #expect(
                    try holder("\(view.path)/file", .whole).result() == "error \(ENOLCK)", "\(word)"
                )
                try nas.control("fail", "clear")
            }
            #expect(try holder("\(view.path)/file", .write).result() == "has it")
        }

        @Test func locksFailInsideTheDeadline() throws {
            let nas = try RunningSlowShare(area, directory: share)
            let view = try RunningView(area, share: nas.path, RunningView.Options(timeout: "1s"))
            let path = "\(view.path)/file"
            let before = try holder(path, .read, start: 0, length: 10)
            try before.result()
            let opens = try (0..<3).map { _ in try Calls.open(path, O_RDWR) }
            let area = area
            try nas.control("hang")
            let threads = TestThreads(opens.count) { _, index in
                let start = secondsNow()
                let failure = try area.guarded("lock", within: 10) { () -> Errno? in
                    do throws(Errno) {
                        switch index {
                        case 0: try Self.lock(opens[index], F_WRLCK)
                        case 1: try FileCalls.lockFile(opens[index].descriptor, LOCK_EX)
                        default:
                            try FileCalls.setLock(
                                opens[index].descriptor,
                                RecordLock(kind: .write, start: 50, length: 1))
                        }
                        return nil
                    } catch {
                        return error
                    }
                }
                guard failure == .timedOut, secondsNow() - start < 4 else {
                    throw RunningView.EndedWrongly(
                        description: "\(index): \(String(describing: failure)) after "
                            + "\(secondsNow() - start) s")
                }
            }
            try threads.join(within: 30)
            // Its end meets a share that does not answer, and must not be forgotten.
            try before.kill()
            try nas.control("online")
            try expectFree(file)
            let after = try holder(path, .write)
            #expect(try after.result() == "has it")
            try after.kill()
            try expectFree(file)
        }

        /// A killed daemon's locks are nobody's.
        @Test func aKilledDaemonLeavesNoLocks() throws {
            let nas = try RunningSlowShare(area, directory: share)
            let view = try RunningView(area, share: nas.path)
            let one = try holder("\(view.path)/file", .write)
            let two = try holder("\(view.path)/file", .whole)
            #expect(try one.result() == "has it")
            #expect(try two.result() == "has it")
            #expect(try holder(file, .write).result() == "error \(EAGAIN)")
            try view.kill()
            try expectFree(file)
            let next = try holder(file, .whole, waits: true)
            #expect(try next.result() == "has it")
        }

        /// Two views and the share itself add to a number in a file, each under a lock: none is lost, although each
        /// view has old bytes of it in every cache.
        @Test(arguments: ["eventual", "strict"]) func whoHasTheLockSeesWhatOthersWrote(
            consistency: String
        ) throws {
            let options = RunningView.Options(consistency: consistency)
            let views = try ["view", "other"].map {
                try RunningView(area, share: share, name: $0, options)
            }
            try Calls.write(Array("00000000".utf8), to: file)
            let paths = views.map { "\($0.path)/file" } + [file]
            let rounds = 40
            let place = area
            let threads = TestThreads(paths.count * 2) { _, index in
                let open = try Calls.open(paths[index / 2], O_RDWR)
                for _ in 0..<rounds {
                    try place.guarded("add one in \(paths[index / 2])") {
                        try Self.locked(open) {
                            let text = String(decoding: try open.read(at: 0, 8), as: UTF8.self)
                            guard let number = Int(text) else {
                                throw RunningView.EndedWrongly(description: "read \(text)")
                            }
                            let next = String(number + 1 + 100_000_000).dropFirst()
                            try open.write(Array(next.utf8), at: 0)
                        }
                    }
                }
            }
            try threads.join(within: 120)
            let expected = paths.count * 2 * rounds
            #expect(Int(String(decoding: try Calls.contents(file), as: UTF8.self)) == expected)
        }

        /// As `F_SETLKW`, of an open file: threads of one process are one to `fcntl(2)`.
        private static func locked(_ open: OpenFile, _ body: () throws -> Void) throws {
            try lock(open, F_WRLCK)
            defer { try? lock(open, F_UNLCK) }
            try body()
        }

        private static func lock(_ open: OpenFile, _ kind: Int32) throws(Errno) {
            var lock = flock()
            lock.l_type = Int16(kind)
            _ = try Calls.check { fcntl(open.descriptor, 38, &lock) }  // F_OFD_SETLKW
        }

        /// A database that two machines write to, rollback journal and all. In `strict`: whether the other's journal is
        /// there is not asked under a lock, and `eventual` may answer that from some seconds ago.
        @Test(.needs("sqlite3")) func aDatabaseInTwoViews() throws {
            let consistency = "strict"
            let sqlite = try #require(TestRun.program("sqlite3"))
            let made = try area.run(
                sqlite,
                [
                    "\(share)/notes.sqlite",
                    "create table notes(id integer primary key, view, text);"
                        + "create index by_text on notes(text);",
                ])
            #expect(made.isSuccess, "\(made)")
            let views = try ["view", "other"].map {
                try RunningView(
                    area, share: share, name: $0, RunningView.Options(consistency: consistency))
            }
            let rounds = 15
            let place = area
            let threads = TestThreads(4) { _, index in
                let database = "\(views[index % 2].path)/notes.sqlite"
                for round in 0..<rounds {
                    let result = try place.run(
                        sqlite,
                        [
                            "-cmd", ".timeout 60000", database,
                            "begin immediate; insert into notes(view, text) select \(index), "
                                + "hex(randomblob(300)) from notes limit 3; "
                                + "insert into notes(view, text) values(\(index), 'round \(round)'); commit;"
                                + "select count(*) from notes where view = \(index) and text like 'round%';",
                        ], within: 90)
                    guard result.isSuccess, result.output == "\(round + 1)\n" else {
                        throw RunningView.EndedWrongly(description: "\(result)")
                    }
                }
            }
            try threads.join(within: 300)
            for place in views.map(\.path) + [share] {
                let checked = try area.run(
                    sqlite,
                    [
                        "\(place)/notes.sqlite",
                        "pragma integrity_check; select count(*) from notes where text like 'round%';",
                    ])
                #expect(checked.output == "ok\n\(4 * rounds)\n", "\(place): \(checked)")
            }
            #expect(!Calls.exists("\(share)/notes.sqlite-journal"))
            for view in views { try view.stop() }
        }
    }
}
