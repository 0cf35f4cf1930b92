import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// The power fails while files are read and written, again and again: what the cache's disk had not flushed is lost in
    /// part and in any order. Each time the cache can be used again, no wrong byte is served, and what a program was told is
    /// done is there.
    @Suite struct PowerLossTests {
        private let area = Area.current
        private let share: String
        private let folders = ["one", "two"]

        init() throws {
            share = try area.makeDirectory("share")
            for folder in folders { try Calls.makeDirectory("\(share)/\(folder)") }
            try Calls.makeDirectory("\(share)/still")
            try TestLibrary.numberedFiles(12, of: 40_000, in: "\(share)/still", seed: 23)
            try TestLibrary.numberedFiles(2, of: 1_500_000, in: "\(share)/still", seed: 29)
        }

        /// Whoever writes is told what is done; somebody reads meanwhile.
        private func load(
            _ view: RunningView, _ told: Mutexed<[String: WriteKillTests.Told]>, seed: UInt64
        ) -> TestThreads {
            let writers = folders
            return TestThreads(writers.count + 1) { [area] threads, index in
                var own = SplitMix(seed: seed &+ UInt64(index))
                guard index < writers.count else {
                    while !threads.isStopping, view.process.ended == nil {
                        let number = Int.random(in: 0..<12, using: &own)
                        try area.guarded("read", within: 30) {
                            _ = try? Calls.contents("\(view.path)/still/\(number).txt")
                        }
                    }
                    return
                }
                let folder = writers[index]
                var writer = WriteKillTests.Writer(
                    view: view.path, folder: folder,
                    told: told.withLock { $0[folder] ?? WriteKillTests.Told() },
                    generator: own)
                while try area.guarded("a step", within: 30, { try writer.step() }),
                    !threads.isStopping
                {}
                told.withLock { [last = writer.told] in $0[folder] = last }
            }
        }

        /// What was told to be done is on the share; what was under way counts as it is.
        private func check(
            _ told: inout [String: WriteKillTests.Told], _ words: String
        ) {
            for folder in folders {
                for (name, bytes) in told[folder]?.contents ?? [:] {
                    let held = try? Calls.contents("\(share)/\(folder)/\(name)")
                    if told[folder]?.unsure.contains(name) != true {
                        #expect(held == bytes, "\(folder)/\(name) on the share, \(words)")
                    }
                    told[folder]?.contents[name] = .some(held)
                }
                told[folder]?.unsure = []
            }
        }

        enum Change: CaseIterable {
            case rewrittenInPlace, replaced, exchanged, replacedByFolder
        }

        /// What an older version of a file had, in size and time, another has now: the older one is on the disk, and the
        /// power fails right after the program was told that the change is made.
        /// (`strict` tells them apart by the time of change.)
        @Test(arguments: Change.allCases)
        func whatHadToLeaveDoesNotComeBack(change: Change) throws {
            let disk = try PowerCutDisk(area, seed: TestRun.seed)
            defer { disk.stop() }
            let options = RunningView.Options()
            var generator = SplitMix(seed: TestRun.seed)
            // In a pack, and in a file of its own.
            let sizes = [20_000, 300_000]
            for size in sizes {
                try Calls.makeDirectory("\(share)/folder\(size)")
                for name in ["a\(size)", "b\(size)", "folder\(size)/a\(size)"] {
                    let old = generator.content(size, compressible: false)
                    try TestLibrary.file("\(share)/\(name)", old)
                }
            }
            let view = try RunningView(area, share: share, cache: "\(disk.path)/cache", options)
            #expect(try view.differences() == [])
            try view.waitForDisk()
            try view.stop()
            disk.cut(.everything)
            try view.start(options)
            for size in sizes {
                let new = generator.content(size, compressible: false)
                let (a, b) = ("\(view.path)/a\(size)", "\(view.path)/b\(size)")
                switch change {
                case .rewrittenInPlace:
                    try Calls.open(a, O_WRONLY).write(new, at: 0)
                    try Calls.setModified(a, seconds: TestLibrary.longAgo)
                case .replaced: try Calls.rename(b, to: a)
                case .exchanged: try Calls.rename(a, to: b, flags: RenameFlags.exchange)
                case .replacedByFolder:
                    // Another folder of that name, with a file of that name.
                    let folder = "\(view.path)/folder\(size)"
                    try Calls.makeDirectory("\(view.path)/new\(size)")
                    try TestLibrary.file("\(view.path)/new\(size)/a\(size)", new)
                    try Calls.rename(folder, to: "\(view.path)/old\(size)")
                    try Calls.rename("\(view.path)/new\(size)", to: folder)
                }
            }
            try view.kill()
            disk.cut(.flushedOnly)
            try view.start(options)
            let differences = try view.differences()
            #expect(differences == [])
            try view.stop()
        }

        @Test(.timeLimit(.minutes(60)), arguments: ["eventual", "strict"])
        func theCacheOutlastsPowerCuts(consistency: String) throws {
            let seed = TestRun.seed &+ 11_000
            var generator = SplitMix(seed: seed)
            let disk = try PowerCutDisk(area, seed: generator.next())
            defer { disk.stop() }
            var options = RunningView.Options(consistency: consistency)
            options.memory = "16M"
            options.disk = "64M"
            let view = try RunningView(area, share: share, cache: "\(disk.path)/cache", options)
            let told = Mutexed([String: WriteKillTests.Told]())
            for round in 0..<TestRun.scaled(6) {
                let threads = load(view, told, seed: generator.next())
                // Now and then long enough for the index to be committed.
                let pause = generator.chance(50) ? 300_000 : 1_800_000
                usleep(UInt32.random(in: 5_000...UInt32(pause), using: &generator))
                #expect(view.process.ended == nil)
                // A clean end now and then, of which the disk may not have everything either.
                let isClean = generator.chance(10)
                if !isClean { try view.kill() }
                threads.stop()
                try threads.join()
                if isClean { try view.stop() }
                let kind = CutTree.Cut.allCases.randomElement(using: &generator) ?? .flushedOnly
                disk.cut(kind)
                let words = "round \(round), \(kind), seed \(seed)"
                var now = told.withLock { $0 }
                check(&now, words)
                told.withLock { [now] in $0 = now }
                try view.start(options)
                let differences = try view.differences()
                #expect(differences == [], "\(words)")
                #expect(view.process.ended == nil, "\(words)")
            }
            try view.stop()
        }
    }
}
