import Glibc
import Model
import Synchronization
import Testing
import TestSupport

extension IntegrationTests {
    /// `kill -9` of the daemon while files are written: what a program was told is done is on the share, and the
    /// next daemon serves no older byte, size, time or name of it; also where a file came to have the size and time
    /// of an older version that the disk tier had kept.
    @Suite struct WriteKillTests {
        /// What one writer was told of its files.
        struct Told: Sendable {
            /// nil: there is no such file.
            var contents: [String: [UInt8]?] = [:]
            /// In the middle of a change when the daemon went.
            var unsure: Set<String> = []
        }

        /// A thread that changes files of its own until the daemon is gone.
        struct Writer {
            let view: String
            let folder: String
            var told: Told
            var generator: SplitMix
            var done: [String] = []
            private static let names = ["a.txt", "b.mkv", "c.jpg", "d"]

            /// - Returns: false when the view answers with an error: the daemon was killed.
            mutating func step() throws -> Bool {
                let name = Self.names[Int.random(in: 0..<Self.names.count, using: &generator)]
                let path = "\(view)/\(folder)/\(name)"
                let known = told.contents[name] ?? nil
                // Few sizes and times, so that versions come again that differ in nothing but their bytes.
                let size = [60_000, 200_000][Int.random(in: 0..<2, using: &generator)]
                let time = TestLibrary.longAgo + Int.random(in: 0..<2, using: &generator)
                let bytes = generator.content(size)
                var wrong: String?
                do throws(Errno) {
                    told.unsure.insert(name)
                    switch Int.random(in: 0..<12, using: &generator) {
                    case 0..<4 where known?.count == size:
                        // In place, and its time put back.
                        done.append("rewrite \(name)")
                        let modified = try Calls.status(path).st_mtim.tv_sec
                        let file = try Calls.open(path, O_WRONLY)
                        try file.write(bytes, at: 0)
                        told.contents[name] = bytes
                        try Calls.setModified(path, seconds: modified)
                    case 0..<6:
                        done.append("write \(name) \(size) \(time)")
                        try Calls.write(bytes, to: path)
                        told.contents[name] = bytes
                        try Calls.setModified(path, seconds: time)
                    case 6..<8:
                        done.append("replace \(name) \(size) \(time)")
                        try TestLibrary.file("\(view)/\(folder)/new", bytes, modified: time)
                        try Calls.rename("\(view)/\(folder)/new", to: path)
                        told.contents[name] = bytes
                    case 8 where known != nil:
                        done.append("unlink \(name)")
                        try Calls.unlink(path)
                        told.contents[name] = .some(nil)
                    case 9 where known != nil:
                        done.append("truncate \(name)")
                        try Calls.truncate(path, 1000)
                        // A file that the kill has left empty grows by it.
                        let kept = Array(known?.prefix(1000) ?? [])
                        told.contents[name] =
                            kept + [UInt8](repeating: 0, count: 1000 - kept.count)
                    default:
                        // A reader of one's own: the cache is to have something old to show.
                        done.append("read \(name)")
                        told.unsure.remove(name)
                        _ = try Calls.names("\(view)/\(folder)")
                        guard known != nil else { return true }
                        let shown = try Calls.contents(path)
                        if let known,
                            let words = TreeComparison.difference(known, shown, at: 0)
                        {
                            wrong = "\(path): \(words); did \(done.suffix(12))"
                        }
                    }
                    told.unsure.remove(name)
                } catch {
                    return false
                }
                if let wrong { throw RunningView.EndedWrongly(description: wrong) }
                return true
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: ["eventual", "strict"])
        func whatWasToldIsThereAfterAKill(consistency: String) throws {
            let seed = TestRun.seed &+ 9000
            var generator = SplitMix(seed: seed)
            let area = Area.current
            let share = try area.makeDirectory("share")
            let folders = ["one", "two", "three"]
            for folder in folders { try Calls.makeDirectory("\(share)/\(folder)") }
            let options = RunningView.Options(consistency: consistency)
            let view = try RunningView(area, share: share, options)
            let told = Mutex([String: Told]())
            for round in 0..<TestRun.scaled(12) {
                let start = generator.next()
                let threads = TestThreads(folders.count) { [area] threads, index in
                    let folder = folders[index]
                    var writer = Writer(
                        view: view.path, folder: folder,
                        told: told.withLock { $0[folder] ?? Told() },
                        generator: SplitMix(seed: start &+ UInt64(index)))
                    while try area.guarded("a step", within: 30, { try writer.step() }),
                        !threads.isStopping
                    {}
                    told.withLock { [last = writer.told] in $0[folder] = last }
                }
                usleep(UInt32.random(in: 20_000...500_000, using: &generator))
                #expect(view.process.ended == nil)
                try view.kill()
                threads.stop()
                try threads.join()
                let words = "round \(round), seed \(seed)"
                var now = told.withLock { $0 }
                for folder in folders {
                    for (name, bytes) in now[folder]?.contents ?? [:] {
                        let held = try? Calls.contents("\(share)/\(folder)/\(name)")
                        if now[folder]?.unsure.contains(name) != true {
                            #expect(held == bytes, "\(folder)/\(name) on the share, \(words)")
                        }
                        now[folder]?.contents[name] = .some(held)
                    }
                    now[folder]?.unsure = []
                }
                told.withLock { [now] in $0 = now }
                try view.start(options)
                let differences = try view.differences()
                #expect(differences == [], "\(words)")
            }
            try view.stop()
        }
    }
}
