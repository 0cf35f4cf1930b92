import Control
import Foundation
import Glibc
import History
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// What people do is kept, what they do again and again is expected, and what is expected is there before its time.
    @Suite struct HabitTests {
        private let area = Area.current
        private let share: String
        private static let episodes = (1...12).map { $0 < 10 ? "S01E0\($0).mkv" : "S01E\($0).mkv" }

        /// Where an episode of a show lies that has a folder for each season, of seven episodes.
        private static func seasoned(_ number: Int) -> String {
            let (season, episode) = number.quotientAndRemainder(dividingBy: 7)
            return "Series/Season \(season + 1)/S0\(season + 1)E0\(episode + 1).mkv"
        }

        private static func episode(_ number: Int, hasSeasons: Bool) -> String {
            hasSeasons ? seasoned(number) : "Show/\(episodes[number])"
        }

        init() throws {
            share = try area.makeDirectory("share")
            for folder in ["Series", "Series/Season 1", "Series/Season 2"] {
                try Calls.makeDirectory("\(share)/\(folder)")
            }
            for number in 0..<8 {
                try TestLibrary.file("\(share)/\(Self.seasoned(number))", content(number))
            }
            try Calls.makeDirectory("\(share)/Show")
            try Calls.makeDirectory("\(share)/Private")
            for (number, name) in Self.episodes.enumerated() {
                try TestLibrary.file("\(share)/Show/\(name)", content(number))
            }
            try TestLibrary.file("\(share)/Private/letter.txt", Array("dear".utf8))
            try TestLibrary.file("\(share)/note.txt", Array("text".utf8))
        }

        private func content(_ number: Int) -> [UInt8] {
            var generator = SplitMix(seed: UInt64(number))
            return generator.content(3_000_000, compressible: false)
        }

        private func historyDirectory(_ view: RunningView) throws -> String {
            let shares = "\(view.cache)/shares"
            let id = try #require(try Calls.names(shares).first)
            return "\(shares)/\(String(decoding: id, as: UTF8.self))/history"
        }

        /// As if somebody had watched an episode on each of the last days, at about the time that it will be in some minutes.
        private func watch(_ view: RunningView, days: Int, hasSeasons: Bool = false) throws {
            let log = Log(
                levelMax: .error, context: LogRecord.Context(view: "", share: ""), sink: { _ in })
            let history = try SQLiteHistory(directory: try historyDirectory(view), log: log)
            let now = SystemClock().wall.seconds
            let events = (0..<days).map { day -> HistoryEvent in
                let at = now + 240 - Int64(days - day) * 86_400 + Int64(day % 3) * 60
                let names = Self.episode(day, hasSeasons: hasSeasons).split(separator: "/")
                return HistoryEvent(
                    .open(fileSize: 3_000_000), path: RelativePath(names.map { Name(String($0)) }),
                    program: "mpv", userID: 0, time: Timestamp(seconds: at))
            }
            try history.append(events)
            history.close()
        }

        private func larder(_ words: String...) throws -> CommandResult {
            try area.run(BuiltPrograms.larder, words, within: 30)
        }

        /// A season of seven, after which the next one begins.
        @Test(arguments: [false, true])
        func tonightsEpisodeIsThereBeforeItsTime(hasSeasons: Bool) throws {
            let slow = try RunningSlowShare(area, directory: share)
            var options = RunningView.Options()
            options.warms = true
            let view = try RunningView(area, share: slow.path, options)
            _ = try view.contents("note.txt")
            try view.stop()
            try watch(view, days: 7, hasSeasons: hasSeasons)

            try view.start(options)
            let next = Self.episode(7, hasSeasons: hasSeasons)
            try waitUntil("\(next) is brought", within: 60) {
                guard let habits = try view.status().habits else { return false }
                return habits.isLearned && habits.fetchedFiles > 0
                    && habits.fetchedBytes >= 3_000_000
            }
            try view.waitForDisk()
            let forecast = try larder("forecast", view.path)
            #expect(forecast.isSuccess && forecast.output.contains(next), "\(forecast)")
            let plan = try larder("warm", "--plan", view.path, "--json")
            #expect(plan.isSuccess && plan.output.contains(next), "\(plan)")
            let told = try larder(
                "explain", "\(view.path)/\(Self.episode(6, hasSeasons: hasSeasons))")
            #expect(told.output.contains("opened 1 time"), "\(told)")

            // The name has to be known for that: somebody has looked into the folder.
            let folder = hasSeasons ? "Series/Season 2" : "Show"
            let names = try Calls.names("\(view.path)/\(folder)")
            #expect(names.count == (hasSeasons ? 1 : Self.episodes.count))
            try slow.suspend()
            defer { slow.resume() }
            #expect(try view.contents(next) == content(7))
            try waitUntil("it counts as right", within: 20) {
                try view.status().habits?.rightFiles == 1
            }
            slow.resume()
            try view.stop()
        }

        /// Four files, each at its hour on most of the last forty days.
        private func work(_ view: RunningView) throws {
            let log = Log(
                levelMax: .error, context: LogRecord.Context(view: "", share: ""), sink: { _ in })
            let history = try SQLiteHistory(directory: try historyDirectory(view), log: log)
            let now = SystemClock().wall.seconds
            let files = ["note.txt", "Private/letter.txt", "Show/S01E01.mkv", "Show/S01E02.mkv"]
            var generator = SplitMix(seed: 1)
            var events: [HistoryEvent] = []
            for day in (1...40).reversed() {
                for (index, file) in files.enumerated() where generator.next() % 5 != 0 {
                    let second = Int64(index) * 4 * 3600 + Int64(generator.next() % 1200)
                    let names = file.split(separator: "/").map { Name(String($0)) }
                    events.append(
                        HistoryEvent(
                            .open(fileSize: 1000), path: RelativePath(names), program: "editor",
                            userID: 0, time: Timestamp(seconds: now - Int64(day) * 86_400 + second))
                    )
                }
            }
            try history.append(events)
            history.close()
        }

        /// By the trainer as it is installed, at the first round after the mount.
        @Test func aForestIsGrownOfTheHistory() throws {
            var options = RunningView.Options()
            options.warms = true
            let view = try RunningView(area, share: share, options)
            _ = try view.contents("note.txt")
            try view.stop()
            try work(view)

            try view.start(options)
            try waitUntil("a forest is there", within: 60) {
                guard let forest = try view.status().habits?.forest else { return false }
                return forest.samples >= 1000 && forest.trouble == nil
            }
            let forest = try #require(try view.status().habits?.forest)
            #expect(forest.reads > 0)
            let directory = try historyDirectory(view)
            #expect(access("\(directory)/forest", F_OK) == 0)
            #expect(access("\(directory)/samples", F_OK) != 0)
            let forgotten = try larder("history", view.path, "--forget")
            #expect(forgotten.isSuccess, "\(forgotten)")
            #expect(try view.status().habits?.forest?.samples == 0)
            #expect(access("\(directory)/forest", F_OK) != 0)
            try view.stop()
        }

        @Test func nothingIsBroughtWhereThatIsNotWanted() throws {
            let view = try RunningView(area, share: share)
            _ = try view.contents("note.txt")
            try view.stop()
            try watch(view, days: 7)
            // Kept and shown all the same.
            try view.start()
            try waitUntil("the history is gone through", within: 30) {
                try view.status().habits?.isLearned == true
            }
            _ = try view.contents("Show/\(Self.episodes[0])")
            let forecast = try larder("forecast", view.path)
            #expect(forecast.output.contains("warming=off"), "\(forecast)")
            let plan = try larder("warm", "--plan", view.path)
            #expect(
                plan.ending == .exited(code: 3) && plan.output.contains("warming=off"), "\(plan)")
            #expect(try view.status().habits?.fetchedFiles == 0)
            try view.stop()
        }

        @Test func whatWasDoneIsRememberedUntilItIsForgotten() throws {
            let view = try RunningView(area, share: share)
            // Who opens it again within seconds still works with it.
            for _ in 0..<3 { _ = try view.contents("note.txt") }
            _ = try view.contents("Show/\(Self.episodes[0])")
            try waitUntil("it is written", within: 20) {
                let shown = try larder("history", "\(view.path)/note.txt", "--json")
                return shown.output.contains(#""opens" : 1"#)
            }
            let all = try larder("history", view.path)
            #expect(all.isSuccess && all.output.contains("Show/\(Self.episodes[0])"), "\(all)")

            let forgotten = try larder("history", "--forget", "\(view.path)/Show")
            #expect(forgotten.isSuccess, "\(forgotten)")
            try view.stop()
            #expect(try bytes(of: Self.episodes[0], in: historyDirectory(view)) == 0)
            #expect(try bytes(of: "note.txt", in: historyDirectory(view)) > 0)
            try view.start()
            #expect(try larder("history", "\(view.path)/Show").ending == .exited(code: 3))
            #expect(
                try larder("history", "--forget", "\(view.path)/Show").ending == .exited(code: 3))
            try view.stop()
        }

        /// Names of what is private are in no file of the history, in no answer and in no line of the log.
        @Test func whatIsExcludedIsNowhere() throws {
            let file = area.path("larder.toml")
            try TestLibrary.file(
                file, Array("[history]\nexclude = [\"Private/**\"]\n".utf8))
            var options = RunningView.Options()
            options.more = ["config=\(file)"]
            let view = try RunningView(area, share: share, options)
            _ = try view.contents("Private/letter.txt")
            _ = try Calls.names("\(view.path)/Private")
            _ = try view.contents("note.txt")
            try waitUntil("the other is written", within: 20) {
                try larder("history", "\(view.path)/note.txt").isSuccess
            }
            #expect(try larder("history", "\(view.path)/Private").ending == .exited(code: 3))
            let all = try larder("history", view.path)
            #expect(!all.output.contains("letter"), "\(all)")
            let told = try larder("explain", "\(view.path)/Private/letter.txt", "--json")
            #expect(!told.output.contains("habits"), "\(told)")
            #expect(!view.process.output.contains("letter"))
            let directory = try historyDirectory(view)
            try view.stop()
            #expect(try bytes(of: "letter.txt", in: directory) == 0)
            #expect(try bytes(of: "Private", in: directory) == 0)
        }

        /// How often a text is in the files of a directory.
        private func bytes(of text: String, in directory: String) throws -> Int {
            try Calls.names(directory).reduce(0) { sum, bytes in
                let name = String(decoding: bytes, as: UTF8.self)
                let data = Data(try Calls.contents("\(directory)/\(name)"))
                return sum + (data.range(of: Data(text.utf8)) == nil ? 0 : 1)
            }
        }
    }
}
