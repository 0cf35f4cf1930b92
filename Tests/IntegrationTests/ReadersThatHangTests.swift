import Control
import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

extension IntegrationTests {
    /// Reads by processes while the share hangs, and what becomes of them when the machine goes to sleep.
    @Suite struct ReadersThatHangTests {
        private let area = Area.current
        private let truth: String
        private let film: [UInt8]
        private let nas: RunningSlowShare

        init() throws {
            truth = try area.makeDirectory("truth")
            film = (0..<(12 << 20)).map { UInt8(truncatingIfNeeded: ($0 >> 12) &* 31 &+ $0) }
            try TestLibrary.file("\(truth)/film.mkv", film)
            // Each read asks for attributes first, and a FUSE client that waits for these can be killed.
            nas = try RunningSlowShare(area, directory: truth)
        }

        /// What a read of the share past the page cache came to: one request, into four buffers.
        private final class Reading: Sendable {
            let buffers: [TransferBuffer]
            private let result = Mutex<Result<Int, Errno>?>(nil)

            init(_ pool: ReaderPool, _ file: DescriptorReference, at offset: Int64) {
                buffers = (0..<4).map { _ in TransferBuffer(16 << 10) }
                for buffer in buffers {
                    buffer.storage.initializeMemory(as: UInt8.self, repeating: 0)
                }
                startTestThread { [self] in
                    let read = Result { () throws(Errno) in
                        try pool.read(file.rawValue, into: buffers.map(\.storage), at: offset)
                    }
                    result.withLock { $0 = read }
                    withExtendedLifetime(file) {}
                }
            }

            var ended: Result<Int, Errno>? { result.withLock { $0 } }
            var bytes: [UInt8] { buffers.flatMap { Array($0.storage) } }
        }

        /// Switches the share without a program being started meanwhile: each closes what was open here, and so waits for it.
        private struct RemoteControl {
            let place: String

            func step(_ name: String) throws {
                _ = try FileCalls.open("\(place)/\(name)", [.writeOnly, .create], mode: 0o600)
            }

            func wait(_ name: String) throws {
                try waitUntil("the share: \(name)") { Calls.exists("\(place)/\(name)") }
            }
        }

        private func remoteControl(of nas: RunningSlowShare) throws -> RemoteControl {
            let place = try area.makeDirectory("remote")
            let script = """
                step() { until [ -e "$1" ]; do sleep 0.02; done; }
                cd "$1" && step hang && "$2" ctl "$3" hang && >hung || exit 1
                until "$2" ctl "$3" stats | grep -q '"held": [3-9]' || [ -e resume ]; do sleep 0.02; done
                >taken
                step resume
                "$2" ctl "$3" resume
                """
            _ = try area.spawn(
                "remote", "/bin/sh",
                ["-c", script, "remote", place, BuiltPrograms.slowshare, nas.path])
            return RemoteControl(place: place)
        }

        private func openDirectly(_ share: RunningSlowShare) throws -> DescriptorReference {
            DescriptorReference(
                try FileCalls.open("\(share.path)/film.mkv", [.readOnly, .direct]))
        }

        private func pool(_ max: Int = ReaderPool.processesMax) -> ReaderPool {
            ReaderPool(clock: SystemClock(), processesMax: max) { Issue.record("\($0)") }
        }

        private func giveUp(_ pool: ReaderPool, within limit: Duration) -> Int {
            pool.giveUp(since: SystemClock().monotonic, within: limit)
        }

        private func isThere(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

        /// Whether a process waits for an answer of the share.
        private func waits(_ pid: Int32) -> Bool {
            SpawnedProcess.text("/proc/\(pid)/wchan") == "request_wait_answer"
        }

        private func readers(of daemon: Int32) throws -> [Int32] {
            try Calls.names("/proc").compactMap { name in
                guard let id = Int32(String(decoding: name, as: UTF8.self)) else { return nil }
                let stat = SpawnedProcess.text("/proc/\(id)/stat")
                let words = stat.split(separator: ")").last?.split(separator: " ") ?? []
                let isOurs = words.count > 1 && Int32(words[1]) == daemon
                return isOurs && stat.contains("(larder-read)") ? id : nil
            }
        }

        @Test func theProcessesOfReadsThatAreGivenUpEndAtOnce() throws {
            let pool = pool()
            let file = try openDirectly(nas)
            try nas.suspend()
            defer { nas.resume() }
            let readings = (0..<3).map { Reading(pool, file, at: Int64($0) << 20) }
            try waitUntil("three wait") { pool.processIDs.filter(waits).count == 3 }
            let pids = pool.processIDs
            #expect(giveUp(pool, within: .seconds(20)) == 3)
            #expect(pool.processIDs == [] && !pids.contains(where: isThere))
            try waitUntil("nobody waits any more") { readings.allSatisfy { $0.ended != nil } }
            #expect(readings.allSatisfy { $0.ended == .failure(.interrupted) })
            nas.resume()
            let again = Reading(pool, file, at: 1 << 20)
            try waitUntil("it is read") { again.ended != nil }
            #expect(again.ended == .success(64 << 10))
            #expect(again.bytes == Array(film[1 << 20..<(1 << 20) + (64 << 10)]))
        }

        /// The share has the request, and the kernel has the pages for its answer.
        @Test func anAnswerThatComesLateIsWrittenToNobodysBytes() throws {
            let pool = pool()
            // Asked for nothing but bytes.
            let nas = try RunningSlowShare(
                area, directory: truth, name: "bytes", attributeTimeout: "60s")
            let remote = try remoteControl(of: nas)
            let file = try openDirectly(nas)
            _ = try FileCalls.attributes(of: file.rawValue)
            try remote.step("hang")
            try remote.wait("hung")
            // Closing the file would wait for the share, too.
            defer { try? remote.step("resume") }
            let readings = (0..<3).map { Reading(pool, file, at: Int64($0) << 20) }
            try remote.wait("taken")
            let pids = pool.processIDs
            #expect(giveUp(pool, within: .zero) == 3)
            // Although the call cannot be ended.
            try waitUntil("nobody waits any more") { readings.allSatisfy { $0.ended != nil } }
            #expect(readings.allSatisfy { $0.ended == .failure(.interrupted) })
            // What is given away next may be where the others were.
            let local = DescriptorReference(
                try FileCalls.open("\(truth)/film.mkv", [.readOnly]))
            let others = (0..<6).map { Reading(pool, local, at: Int64(6 + $0) << 20) }
            try waitUntil("others have read") { others.allSatisfy { $0.ended != nil } }
            let before = (readings + others).map(\.bytes)
            #expect(pids.allSatisfy(isThere), "the answers are yet to come")
            try remote.step("resume")
            try waitUntil("the processes have ended") { !pids.contains(where: isThere) }
            #expect((readings + others).map(\.bytes) == before)
            #expect(readings.allSatisfy { $0.bytes.allSatisfy { $0 == 0 } })
            for (index, other) in others.enumerated() {
                let start = (6 + index) << 20
                #expect(other.bytes == Array(film[start..<start + (64 << 10)]))
            }
        }

        @Test func whoFindsNoProcessReadsByHimself() throws {
            let pool = pool(1)
            let file = try openDirectly(nas)
            try nas.suspend()
            defer { nas.resume() }
            let held = Reading(pool, file, at: 0)
            try waitUntil("one waits") { pool.processIDs.contains(where: waits) }
            let local = DescriptorReference(
                try FileCalls.open("\(truth)/film.mkv", [.readOnly]))
            let other = Reading(pool, local, at: 1 << 20)
            try waitUntil("it is read") { other.ended != nil }
            #expect(other.bytes == Array(film[1 << 20..<(1 << 20) + (64 << 10)]))
            #expect(pool.processIDs.count == 1)
            nas.resume()
            try waitUntil("the held one is read") { held.ended != nil }
            #expect(held.ended == .success(64 << 10))
        }

        // MARK: In a view

        private func mount() throws -> RunningView {
            var options = RunningView.Options(timeout: "10m", readahead: "0")
            options.environment["LARDER_READERS"] = "processes"
            return try RunningView(area, share: nas.path, options)
        }

        /// What a program reads that has the film open.
        private func startReading(
            _ file: OpenFile, at offset: Int64
        ) -> Mutexed<Result<[UInt8], Errno>?> {
            let result = Mutexed<Result<[UInt8], Errno>?>(nil)
            startTestThread {
                let read = Result { () throws(Errno) in try file.read(at: offset, 4096) }
                result.withLock { $0 = read }
            }
            return result
        }

        private func expected(at offset: Int) -> [UInt8] { Array(film[offset..<offset + 4096]) }

        private func hook(_ word: String) throws {
            let hook = RealPath.split(#filePath).parent + "/../../systemd/system-sleep/larder"
            let told = try area.run(
                "/bin/sh", [hook, word, "suspend"], within: 20,
                environment: ["LARDER_PROGRAM": BuiltPrograms.larder])
            #expect(told.isSuccess, "\(told)")
        }

        @Test func nothingOfTheDaemonWaitsForBytesWhenTheMachineGoesToSleep() throws {
            let view = try mount()
            try sleepAndWake(view)
            #expect(try view.contents("film.mkv") == film)
            let daemon = view.process.pid
            try view.stop()
            try waitUntil("its processes are gone") { try readers(of: daemon).isEmpty }
        }

        private func openedAndKnown(_ view: RunningView) throws -> OpenFile {
            let file = try Calls.open("\(view.path)/film.mkv")
            #expect(try area.guarded("read") { try file.read(at: 0, 4096) } == expected(at: 0))
            try waitUntil("its version is known") {
                let share = try view.status().share
                return share.inFlight + share.waiting == 0
            }
            return file
        }

        private func sleepAndWake(_ view: RunningView) throws {
            let file = try openedAndKnown(view)
            try nas.suspend()
            defer { nas.resume() }
            let before = startReading(file, at: 8 << 20)
            let daemon = view.process.pid
            try waitUntil("a process waits for the share") {
                try readers(of: daemon).contains(where: waits)
            }
            let pids = try readers(of: daemon).filter(waits)
            try hook("pre")
            // A program that waits for a view cannot be frozen, so it does not wait.
            try waitUntil("the program has its answer") { before.withLock { $0 != nil } }
            #expect(before.withLock { $0 } == .failure(.timedOut))
            #expect(!pids.contains(where: isThere))
            #expect(try !readers(of: daemon).contains(where: waits))
            #expect(try area.guarded("read") { try file.read(at: 0, 4096) } == expected(at: 0))
            try hook("post")
            // The network is not back yet: who asks now has all his time.
            let after = startReading(file, at: 8 << 20)
            try waitUntil("a process waits for the share") {
                try readers(of: daemon).contains(where: waits)
            }
            #expect(after.withLock { $0 } == nil)
            nas.resume()
            try waitUntil("the program has its bytes") { after.withLock { $0 != nil } }
            #expect(after.withLock { $0 } == .success(expected(at: 8 << 20)))
        }

        @Test func aDaemonThatIsKilledTakesItsReadersWithIt() throws {
            let view = try mount()
            let file = try openedAndKnown(view)
            try nas.suspend()
            defer { nas.resume() }
            let reading = startReading(file, at: 8 << 20)
            let daemon = view.process.pid
            try waitUntil("a process waits for the share") {
                try readers(of: daemon).contains(where: waits)
            }
            let pids = try readers(of: daemon)
            view.process.send(SIGKILL)
            // Whoever is the last of them closes files of the share, and waits for it.
            nas.resume()
            _ = try view.process.wait("the killed daemon", within: 20)
            // They have all its descriptors, that of the connection too.
            try waitUntil("who waits hears of it") { reading.withLock { $0 != nil } }
            try waitUntil("they are gone") { !pids.contains(where: isThere) }
        }
    }
}
