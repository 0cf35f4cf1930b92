import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Two views of one share, each with a cache of its own, as on two machines: what one writes is exact in it at
    /// once, and the other sees it as `docs/SEMANTICS.md` says.
    @Suite struct TwoViewsTests {
        private let area = Area.current
        private let share: String
        private var seed: UInt64 { TestRun.seed &+ 7000 }

        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/always", [1, 2, 3])
        }

        private func views(
            _ consistency: String, propagation: String = "100ms"
        ) throws -> (RunningView, RunningView) {
            var options = RunningView.Options(consistency: consistency)
            if consistency == "eventual" { options.propagation = propagation }
            return (
                try RunningView(area, share: share, name: "one", options),
                try RunningView(area, share: share, name: "two", options)
            )
        }

        private func content(_ number: UInt64, _ count: Int) -> [UInt8] {
            var generator = SplitMix(seed: seed &+ number)
            return generator.content(count, compressible: false)
        }

        /// Generated changes through one view, then through the other. `strict`: each is exact in both at the next
        /// look. `eventual`: in the writer's own at once, in the other within a moment.
        @Test(.timeLimit(.minutes(5)), arguments: ["strict", "eventual"])
        func whatOneWritesTheOtherShows(consistency: String) throws {
            var generator = SplitMix(seed: seed)
            try TestLibrary.make(share, bigFiles: 0, using: &generator)
            let (one, two) = try views(consistency, propagation: "20ms")
            let isStrict = consistency == "strict"
            var history = OperationHistory(seed: seed)
            for round in 0..<TestRun.scaled(isStrict ? 24 : 10) {
                let (writer, reader) = round.isMultiple(of: 2) ? (one, two) : (two, one)
                var changer = try ShareChanger(root: writer.path)
                // In `eventual` two names of one file that the other view made may be two files for a while.
                changer.makesHardLinks = isStrict
                for _ in 0..<(isStrict ? 3 : 12) {
                    let change = try writer.guarded("change") { try changer.change(&generator) }
                    history.add(event: "through \(round.isMultiple(of: 2) ? 1 : 2): \(change)")
                }
                // A hard link that the other made is known as such after each name's own next check.
                var comparison = writer.comparison
                comparison.comparesLinkCounts = isStrict
                let own = try writer.guarded("compare", within: 60) { comparison.differences() }
                #expect(own == [], "the writer's own view\n\(history.text)")
                var left: [String] = []
                do {
                    try waitUntil("the other view shows it", within: isStrict ? 0 : 20, poll: 0.05)
                    {
                        left = try reader.differences()
                        return left.isEmpty
                    }
                } catch {
                    Issue.record("\(error): \(left)\n\(history.text)")
                    return
                }
            }
            try one.stop()
            try two.stop()
        }

        /// Told by change time and inode alone.
        @Test func strictNoticesSameSizeAndTime() throws {
            let (one, two) = try views("strict")
            let count = 200_000
            func write(_ name: String, _ number: UInt64) throws {
                try one.guarded("write") {
                    try TestLibrary.file("\(one.path)/\(name)", content(number, count))
                }
            }
            try write("film.mkv", 1)
            #expect(try two.contents("film.mkv") == content(1, count))
            try write("film.mkv", 2)
            #expect(
                try two.contents("film.mkv") == content(2, count), "in place, its time put back")
            try write("new", 3)
            try one.guarded("rename") {
                try Calls.rename("\(one.path)/new", to: "\(one.path)/film.mkv")
            }
            #expect(try two.contents("film.mkv") == content(3, count), "replaced")
            for view in [one, two] {
                #expect(try view.contents("film.mkv") == content(3, count))
                try view.stop()
            }
        }

        /// The kernel would put each writer's bytes where it believes the end to be; the share knows better.
        @Test(arguments: ["strict", "eventual"])
        func appendingLosesNothing(consistency: String) throws {
            let (one, two) = try views(consistency)
            try Calls.write([], to: "\(share)/log")
            let records = TestRun.scaled(250)
            let length = 100
            @Sendable func record(_ writer: Int, _ number: Int) -> [UInt8] {
                let text = Array("\(writer) \(number) ".utf8)
                return text + [UInt8](repeating: 0x2E, count: length - text.count - 1) + [0x0A]
            }
            let writers = TestThreads(4) { [area] _, index in
                let view = index.isMultiple(of: 2) ? one : two
                try area.guarded("append", within: 60) {
                    let file = try Calls.open("\(view.path)/log", O_WRONLY | O_APPEND)
                    for number in 0..<records {
                        guard try file.append(record(index, number)) == length else {
                            throw Errno.ioError
                        }
                    }
                }
            }
            try writers.join()
            let lines = try Calls.contents("\(share)/log").split(separator: 0x0A)
            let expected = (0..<4).flatMap { writer in
                (0..<records).map { Array(record(writer, $0).dropLast()) }
            }
            #expect(lines.count == expected.count)
            #expect(Set(lines.map(Array.init)) == Set(expected), "records were lost or torn")
            for writer in 0..<4 {
                let own = lines.filter { $0.first == UInt8(0x30 + writer) }.map(Array.init)
                let inOrder = own == expected.filter { $0.first == UInt8(0x30 + writer) }
                #expect(inOrder, "the records of writer \(writer) are out of order")
            }
            for view in [one, two] {
                try waitUntil("the whole log is shown", within: 10) {
                    try view.contents("log") == (try Calls.contents("\(share)/log"))
                }
                try view.stop()
            }
        }

        /// What is known of a name is of another file by now: the bytes go where the name leads.
        @Test(arguments: ["strict", "eventual"])
        func writingToWhatTheOtherReplaced(consistency: String) throws {
            let (one, two) = try views(consistency, propagation: "5m")
            for name in ["replaced", "deleted", "emptied"] {
                try TestLibrary.file("\(share)/\(name)", content(1, 50_000))
                #expect(try two.contents(name) == content(1, 50_000))
            }
            let new = content(2, 10_000)
            try one.guarded("change") {
                try TestLibrary.file("\(one.path)/new", new)
                try Calls.rename("\(one.path)/new", to: "\(one.path)/replaced")
                try Calls.unlink("\(one.path)/deleted")
                try Calls.truncate("\(one.path)/emptied", 0)
            }
            let more = Array("more".utf8)
            for (name, expected) in [
                ("replaced", new + more), ("deleted", more), ("emptied", more),
            ] {
                try two.guarded("append to \(name)") {
                    let file = try Calls.open(
                        "\(two.path)/\(name)", O_WRONLY | O_APPEND | O_CREAT)
                    _ = try file.append(more)
                }
                #expect(try Calls.contents("\(share)/\(name)") == expected, "\(name) on the share")
                #expect(try two.contents(name) == expected, "\(name) in the view that wrote")
            }
            try two.stop()
            try one.stop()
        }

        /// A folder that one renames is found under its new name by the other, which has files of it open.
        @Test(arguments: ["strict", "eventual"])
        func aFolderThatIsRenamedMeanwhile(consistency: String) throws {
            let (one, two) = try views(consistency)
            let bytes = content(1, 300_000)
            try Calls.makeDirectory("\(share)/old")
            for number in 0..<5 { try TestLibrary.file("\(share)/old/\(number)", bytes) }
            var held: OpenFile? = try two.guarded("open") { try Calls.open("\(two.path)/old/0") }
            #expect(
                try two.guarded("read") { try held?.read(at: 0, 1000) } == Array(bytes[..<1000]))
            try one.guarded("rename") { try Calls.rename("\(one.path)/old", to: "\(one.path)/new") }
            try one.guarded("write") { try TestLibrary.file("\(one.path)/new/0", content(2, 1000)) }
            try waitUntil("the new name is shown", within: consistency == "strict" ? 0 : 10) {
                try two.contents("new/0") == content(2, 1000)
                    && !two.guarded("stat") { Calls.exists("\(two.path)/old") }
            }
            let differences = try two.differences()
            #expect(differences == [])
            try two.guarded("write") { try TestLibrary.file("\(two.path)/new/5", bytes) }
            #expect(try Calls.contents("\(share)/new/5") == bytes)
            held = nil
            try two.stop()
            try one.stop()
        }
    }
}
