import Control
import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

extension IntegrationTests {
    /// Hundreds of threads on the same files and on different ones: every call comes back, and what is left is what
    /// the share has.
    @Suite struct StressTests {
        private static let folders = 6
        private static let filesPerFolder = 12

        private let area = Area.current
        /// `LARDER_TEST_SCALE` makes it longer.
        private var seconds: Double { 4 * TestRun.scale }

        @Test(arguments: [false, true]) func manyThreadsOnSharedAndOwnFiles(
            overSlowShare: Bool
        ) throws {
            let truth = try area.makeDirectory("truth")
            var generator = SplitMix(seed: 5)
            for folder in 0..<Self.folders {
                try Calls.makeDirectory("\(truth)/\(folder)")
                for file in 0..<Self.filesPerFolder {
                    try TestLibrary.file(
                        "\(truth)/\(folder)/\(file).txt",
                        generator.content(Int.random(in: 0...200_000, using: &generator)))
                }
            }
            let nas =
                overSlowShare
                ? try RunningSlowShare(area, directory: truth, roundTrip: "1ms") : nil
            let view = try RunningView(
                area, share: nas?.path ?? truth, RunningView.Options(memory: "32M", disk: "64M"))
            let (area, seed, end) = (area, TestRun.seed, secondsNow() + seconds)
            print("seed \(seed)")
            let done = Mutex(0)
            let threads = TestThreads(200) { _, index in
                var random = SplitMix(seed: seed &+ UInt64(index))
                var worker = Worker(view: view.path, index: index)
                var count = 0
                while secondsNow() < end {
                    let what = try area.guarded("thread \(index)", within: 60) {
                        () throws -> String? in
                        let kind = Int.random(in: 0..<20, using: &random)
                        do {
                            try worker.step(kind, &random)
                        } catch let error as Errno where Worker.mayGive(kind).contains(error) {
                        } catch {
                            return "step \(kind), \(worker.call): \(error)"
                        }
                        return nil
                    }
                    if let what {
                        throw RunningView.EndedWrongly(description: "thread \(index): \(what)")
                    }
                    count += 1
                }
                done.withLock { $0 += count }
            }
            // Meanwhile, what people type.
            while secondsNow() < end {
                try view.evict("\(Int.random(in: 0..<Self.folders))")
                _ = try view.status()
                usleep(200_000)
            }
            // A lost wake-up is a thread that does not end.
            try threads.join(within: 120)
            #expect(done.withLock { $0 } > 0)
            #expect(try view.differences(from: truth, within: 120) == [])
            try view.evict()
            #expect(try view.differences(from: truth, within: 120) == [])
            let status = try view.status()
            #expect(status.state == .ok)
            try view.stop()
        }

        /// A file that was just written loses its name while it is open, in the moment in which the share is asked what it
        /// has become: its reader has it to the end.
        @Test func whoHasAFileOpenReadsItToTheEnd() throws {
            let truth = try area.makeDirectory("truth")
            let nas = try RunningSlowShare(area, directory: truth, roundTrip: "1ms")
            let view = try RunningView(area, share: nas.path)
            let (area, end) = (area, secondsNow() + seconds)
            let files = 12
            // Each file has one thread that writes, opens and removes it, and one that keeps asking what it is.
            let threads = TestThreads(2 * files) { _, index in
                let path = "\(view.path)/\(index % files)"
                var random = SplitMix(seed: UInt64(index))
                while secondsNow() < end {
                    try area.guarded("thread \(index)", within: 60) {
                        if index < files {
                            try Self.readWhatLosesItsName(path, &random)
                        } else {
                            _ = try? Calls.status(path)
                        }
                    }
                }
            }
            // What is evicted is closed behind everybody's back.
            while secondsNow() < end { try view.evict() }
            try threads.join(within: 120)
            try view.stop()
        }

        private static func readWhatLosesItsName(
            _ path: String, _ random: inout SplitMix
        ) throws {
            let bytes = random.content(20_000)
            try Calls.write(bytes, to: path)
            let open = try Calls.open(path)
            if random.chance(50) { _ = try open.read(at: 0, 100) }
            if random.chance(50) { usleep(UInt32.random(in: 0...3000, using: &random)) }
            if random.chance(50) {
                try Calls.unlink(path)
            } else {
                try Calls.write([1], to: "\(path).new")
                try Calls.rename("\(path).new", to: path)
            }
            // The kernel still has what was written, and would not ask.
            open.dropPages()
            for offset in stride(from: 0, to: 20_000, by: 5000) {
                let found = try open.read(at: Int64(offset), 5000)
                guard found.elementsEqual(bytes[offset..<offset + 5000]) else {
                    throw RunningView.EndedWrongly(description: "\(path): other bytes")
                }
            }
        }

        /// One thread's operations: a third on files of its own, whose contents it knows, the rest where all others are.
        private struct Worker {
            let view: String
            let index: Int
            private var own: [UInt8] = []
            /// What is being done, for the message.
            private(set) var call = ""
            private var ownPath: String { "\(view)/\(index % StressTests.folders)/own \(index)" }

            init(view: String, index: Int) {
                self.view = view
                self.index = index
            }

            private func shared(_ random: inout SplitMix) -> String {
                let folder = Int.random(in: 0..<StressTests.folders, using: &random)
                let file = Int.random(in: 0..<StressTests.filesPerFolder, using: &random)
                return "\(view)/\(folder)/\(file).txt"
            }

            /// Errors that a directory, too, would give where others rename and remove under one's hands.
            static func mayGive(_ kind: Int) -> Set<Errno> {
                switch kind {
                // Opened, looked at or renamed by a name that another thread has just taken away.
                case 7...14, 17: [.noSuchFile]
                // The lock is another thread's; that it waits for none is said so.
                case 18: [.noSuchFile, .again]
                default: []
                }
            }

            mutating func step(_ kind: Int, _ random: inout SplitMix) throws {
                switch kind {
                case 0...2:
                    try Self.alone("rewrite \(ownPath)") { () throws in try rewriteOwn(&random) }
                case 3...6: try Self.alone("check \(ownPath)") { () throws in try checkOwn() }
                case 7...10:
                    call = "open"
                    let open = try Calls.open(shared(&random))
                    call = "read"
                    let offset = Int64.random(in: 0...200_000, using: &random)
                    _ = try open.read(at: offset, 30_000)
                case 11...12:
                    call = "open"
                    let open = try Calls.open(shared(&random), O_RDWR)
                    call = "write"
                    let offset = Int64.random(in: 0...200_000, using: &random)
                    try open.write(random.content(5000), at: offset)
                case 13:
                    let open = try Calls.open(
                        shared(&random), O_WRONLY | O_APPEND | (random.chance(20) ? O_TRUNC : 0))
                    try open.write(random.content(300), at: 0)
                case 14: try Calls.rename(shared(&random), to: shared(&random))
                case 15:
                    try Calls.write(
                        random.content(Int.random(in: 0...50_000, using: &random)),
                        to: shared(&random))
                case 16:
                    _ = try Calls.names(
                        "\(view)/\(Int.random(in: 0..<StressTests.folders, using: &random))")
                case 17: _ = try Calls.status(shared(&random))
                case 18:
                    call = "open"
                    let open = try Calls.open(shared(&random), O_RDWR)
                    call = "lock"
                    try FileCalls.setLock(
                        open.descriptor, RecordLock(kind: .write, start: 0, length: 10))
                    call = "read"
                    _ = try open.read(at: 0, 10)
                default:
                    try Self.alone("unlink \(ownPath)") { () throws in try unlinkOpen(&random) }
                }
            }

            /// Nobody else touches these files: nothing may fail.
            private static func alone(
                _ what: String, _ body: () throws -> Void
            ) throws {
                do {
                    try body()
                } catch let error as Errno {
                    throw RunningView.EndedWrongly(description: "\(what): \(error)")
                }
            }

            private mutating func rewriteOwn(_ random: inout SplitMix) throws {
                own = random.content(Int.random(in: 0...100_000, using: &random))
                try Calls.write(own, to: ownPath)
                try checkOwn()
            }

            private func checkOwn() throws {
                guard !own.isEmpty else { return }
                let found = try Calls.contents(ownPath)
                guard found == own else {
                    throw RunningView.EndedWrongly(
                        description:
                            "\(ownPath): \(found.count) bytes, of which the first wrong is at "
                            + "\(zip(found, own).enumerated().first { $1.0 != $1.1 }?.offset ?? -1)"
                            + " of \(own.count)")
                }
            }

            /// Read to the end although its name is gone.
            private func unlinkOpen(_ random: inout SplitMix) throws {
                let path = "\(ownPath) gone"
                let bytes = random.content(20_000)
                try Calls.write(bytes, to: path)
                let open = try Calls.open(path)
                try Calls.unlink(path)
                guard try open.read(at: 0, 20_000) == bytes else {
                    throw RunningView.EndedWrongly(description: "\(path): other bytes")
                }
            }
        }
    }
}
