import Control
import Foundation
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// What people do with the cache by hand: `larder ls` and `larder refresh`.
    @Suite struct ContentsTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
        }

        private struct Listed: Decodable {
            struct Row: Decodable {
                var path: String
                var kind: String
                var sizeBytes: Int64?
                var cachedBytes: Int64
                var memoryBytes: Int64
                var diskBytes: Int64
                var files: Int?
                var cachedFiles: Int?
                var isWhole: Bool?
            }
            struct Path: Decodable {
                var total: Row
                var entries: [Row]
            }
            var paths: [Path]
        }

        private func ls(_ view: RunningView, _ below: String = "") throws -> Listed.Path {
            let path = below.isEmpty ? view.path : "\(view.path)/\(below)"
            let result = try area.run(
                BuiltPrograms.larder, ["ls", "-R", "--json", path], within: 20)
            guard result.isSuccess else {
                throw RunningView.EndedWrongly(description: "\(result)")
            }
            let listed = try JSONDecoder().decode(Listed.self, from: Data(result.output.utf8))
            return try #require(listed.paths.first)
        }

        private func refresh(_ view: RunningView, _ below: String) throws -> CommandResult {
            try area.run(BuiltPrograms.larder, ["refresh", "\(view.path)/\(below)"], within: 20)
        }

        private func content(_ seed: UInt64, _ count: Int) -> [UInt8] {
            var generator = SplitMix(seed: seed)
            return generator.content(count)
        }

        /// Also after a restart, and while the share hangs.
        @Test func lsTellsWhatIsCachedWithoutAskingTheShare() throws {
            let truth = try area.makeDirectory("truth")
            try Calls.makeDirectory("\(truth)/films")
            try TestLibrary.file("\(truth)/films/one.mkv", content(1, 3_000_000))
            try TestLibrary.file("\(truth)/films/two.mkv", content(2, 2_000_000))
            try TestLibrary.file("\(truth)/notes.txt", content(3, 50_000))
            let slow = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: slow.path)
            #expect(try view.contents("films/one.mkv").count == 3_000_000)
            #expect(try view.guarded("list") { try Calls.names(view.path) }.count == 2)
            try waitUntil("the film is on disk", within: 20) {
                try ls(view, "films/one.mkv").total.diskBytes == 3_000_000
            }
            let films = try ls(view, "films")
            #expect(films.total.memoryBytes == 3_000_000 && films.total.cachedBytes == 3_000_000)

            try view.restart()
            try slow.suspend()
            defer { slow.resume() }
            let all = try ls(view)
            #expect(all.total.cachedBytes == 3_000_000 && all.total.memoryBytes == 0)
            #expect(all.total.files == 3 && all.total.cachedFiles == 1)
            #expect(
                all.entries.map(\.path) == ["films", "films/one.mkv", "films/two.mkv", "notes.txt"])
            #expect(all.entries[1].sizeBytes == 3_000_000 && all.entries[1].diskBytes == 3_000_000)
            #expect(all.entries[2].sizeBytes == 2_000_000 && all.entries[2].cachedBytes == 0)
            let text = try area.run(BuiltPrograms.larder, ["ls", view.path], within: 20)
            #expect(
                text.isSuccess && text.output.contains("films/") && text.output.contains("60  disk")
            )
            let none = try area.run(BuiltPrograms.larder, ["ls", "\(view.path)/no"], within: 20)
            #expect(none.ending == .exited(code: 3))
        }

        /// What is known, from this run and from the one before, is asked for anew; what is cached and unchanged stays.
        @Test(arguments: ["command", "signal"])
        func whatIsRefreshedIsAskedForAnew(how: String) throws {
            var options = RunningView.Options()
            options.propagation = "1h"
            options.ttl = "2h"
            let shared = { (name: String) in "\(share)/\(name)" }
            for folder in ["a", "b"] {
                try Calls.makeDirectory(shared(folder))
                try TestLibrary.file(shared("\(folder)/same.txt"), content(1, 200_000))
                try TestLibrary.file(shared("\(folder)/other.txt"), content(2, 50_000))
            }
            let view = try RunningView(area, share: share, options)
            let read = { (folder: String) in
                _ = try view.guarded("list") { try Calls.names("\(view.path)/\(folder)") }
                _ = try view.contents("\(folder)/same.txt")
                _ = try view.contents("\(folder)/other.txt")
            }
            try read("a")
            try read("b")
            try view.waitForDisk()
            // The index is believed, with all that was known then.
            try view.restart(options)
            for folder in ["a", "b"] {
                try TestLibrary.file(shared("\(folder)/new.txt"), content(4, 10))
                try TestLibrary.file(
                    shared("\(folder)/other.txt"), content(3, 60_000),
                    modified: TestLibrary.longAgo + 1)
            }
            let names = { (folder: String) in
                try view.guarded("list") { try Calls.names("\(view.path)/\(folder)") }.count
            }
            #expect(try names("a") == 2, "not asked for an hour")
            // b has not been looked at in this run.
            if how == "command" {
                #expect(try refresh(view, "a").isSuccess)
                #expect(try names("a") == 3)
                // Of a name that is not known in a folder that nobody has looked into.
                #expect(try refresh(view, "b/new.txt/no").isSuccess)
                #expect(Calls.exists("\(view.path)/b/new.txt"))
                #expect(try refresh(view, "b").isSuccess)
            } else {
                view.process.send(SIGHUP)
                try waitUntil("refreshed", within: 5) { try names("a") == 3 }
            }
            #expect(try names("b") == 3)
            let before = try view.status().share.bytes
            for folder in ["a", "b"] {
                #expect(try view.contents("\(folder)/other.txt") == content(3, 60_000))
                #expect(try view.contents("\(folder)/same.txt") == content(1, 200_000))
            }
            let fetched = try view.status().share.bytes - before
            #expect(fetched >= 120_000 && fetched < 200_000, "what is the same was fetched again")
        }

        /// What is warmed is there without the share, in a later mount too; what was there is not fetched again, and nobody learns
        /// from it what programs read.
        @Test func whatIsWarmedIsReadWithoutTheShare() throws {
            let truth = try area.makeDirectory("truth")
            try Calls.makeDirectory("\(truth)/films")
            let one = content(1, 3_000_001)
            try TestLibrary.file("\(truth)/films/one.mkv", one)
            for number in 0..<20 {
                try TestLibrary.file("\(truth)/films/\(number).nfo", content(2, 5000 + number))
            }
            try Calls.symbolicLink("/etc/passwd", at: "\(truth)/films/link")
            let slow = try RunningSlowShare(area, directory: truth, roundTrip: "2ms")
            let view = try RunningView(area, share: slow.path)
            let warm = { (more: String...) in
                try area.run(
                    BuiltPrograms.larder, ["warm", "\(view.path)/films"] + more, within: 60)
            }
            let result = try warm()
            #expect(result.isSuccess, "\(result)")
            #expect(result.output.hasPrefix("fetched 21 files, 2.96 MiB"), "\(result.output)")
            #expect(result.output.split(separator: "\n").count == 1)
            try waitUntil("all of it is on disk", within: 20) {
                let total = try ls(view, "films").total
                return total.diskBytes == total.sizeBytes
            }
            #expect(try view.status().readahead.issuedBytes == 0)
            let again = try warm()
            #expect(again.ending == .exited(code: 3), "\(again)")
            #expect(again.output == "fetched 0 files, 0 B; 21 files were cached already\n")
            let missing = try warm("\(view.path)/no")
            #expect(
                missing.ending == .exited(code: 1) && missing.errors.contains("no: No such file"))

            try view.restart()
            try slow.suspend()
            defer { slow.resume() }
            #expect(try view.contents("films/one.mkv") == one)
            #expect(try view.contents("films/19.nfo").count == 5019)
        }

        /// Paths from a list, with names of any kind.
        @Test func whatIsWarmedCanBeListed() throws {
            for name in ["a b", "line\nend", "c"] {
                try TestLibrary.file("\(share)/\(name)", content(7, 10_000))
            }
            let view = try RunningView(area, share: share)
            let list = area.path("list")
            let paths = ["\(view.path)/a b", "\(view.path)/line\nend", "/etc/passwd"]
            try Calls.write(Array(paths.joined(separator: "\0").utf8), to: list)
            let result = try area.run(
                BuiltPrograms.larder, ["warm", "-0", "--list", list], within: 60)
            #expect(result.ending == .exited(code: 1))
            #expect(result.output.hasPrefix("fetched 2 files, 19.5 KiB"), "\(result.output)")
            #expect(result.errors.contains("/etc/passwd: it is not in a view of larder"))
            try waitUntil("both are on disk", within: 20) {
                let total = try ls(view).total
                return total.diskBytes == 20_000 && total.cachedFiles == 2
            }
        }

        @Test func verifyFindsWhatIsWrong() throws {
            let bytes = content(1, 2_000_000)
            try TestLibrary.file("\(share)/film.mkv", bytes)
            try TestLibrary.file("\(share)/other.mkv", content(2, 500_000))
            let view = try RunningView(area, share: share)
            let verify = { (more: String...) in
                try area.run(BuiltPrograms.larder, ["verify", view.path] + more, within: 60)
            }
            #expect(try verify().ending == .exited(code: 3))
            #expect(try view.contents("film.mkv") == bytes)
            #expect(try view.contents("other.mkv").count == 500_000)
            try waitUntil("all of it is on disk", within: 20) {
                try ls(view).total.diskBytes == 2_500_000
            }
            let sound = try verify("--against-share")
            #expect(sound.isSuccess && sound.output.contains("all right"), "\(sound)")
            #expect(sound.output.contains("2.38 MiB compared"), "\(sound)")

            // The same size and time, and other bytes: nothing but a comparison finds that.
            var other = bytes
            other[1_234_567] ^= 1
            try TestLibrary.file("\(share)/film.mkv", other)
            #expect(try verify().isSuccess)
            let different = try verify("--against-share")
            #expect(different.ending == .exited(code: 1), "\(different)")
            #expect(different.errors.contains("film.mkv: differs from the share's"))
            try waitUntil("forgotten", within: 5) { try view.contents("film.mkv") == other }
            try waitUntil("the new one is on disk", within: 20) {
                try ls(view).total.diskBytes == 2_500_000
            }

            let object = try #require(
                try FileTree.files(view.cache).map { view.cache.pathBytes / $0 }.first {
                    try String(decoding: $0, as: UTF8.self).contains("/objects/")
                        && Calls.status($0).st_size == 2_000_000
                })
            let file = try Calls.open(object, O_RDWR)
            try file.write([UInt8](repeating: 0x5A, count: 100), at: 1_500_000)
            let damaged = try verify()
            #expect(damaged.ending == .exited(code: 1), "\(damaged)")
            #expect(damaged.errors.contains("film.mkv: 1 stored block is damaged and dropped"))
            #expect(try verify().isSuccess)
            #expect(try view.contents("film.mkv") == other)
        }
    }
}
