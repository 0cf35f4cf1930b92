import Control
import Foundation
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// A view with a small disk tier and a storage tier behind it.
    @Suite struct StorageTests {
        private let area = Area.current
        private let share: String
        private let storage: String

        init() throws {
            share = try area.makeDirectory("share")
            storage = try area.makeDirectory("storage")
        }

        private var options: RunningView.Options {
            var options = RunningView.Options(memory: "16M", disk: "64M")
            options.more = ["storage=\(storage)", "storage-size=512M", "free=0"]
            return options
        }

        private func content(_ number: Int, _ count: Int) -> [UInt8] {
            var generator = SplitMix(seed: UInt64(number))
            return generator.content(count, compressible: false)
        }

        private func tier(_ view: RunningView, _ name: String) throws -> StatusReport.Tier {
            try #require(try view.status().tiers.first { $0.name == name })
        }

        private func make(_ names: [String], _ count: Int) throws {
            for (number, name) in names.enumerated() {
                try TestLibrary.file("\(share)/\(name)", content(number, count))
            }
        }

        /// Much more than the disk tier has room for is read, and read again, also by another daemon, while the share is away.
        @Test func whatTheDiskHasNoRoomForIsReadWithoutTheShare() throws {
            let names = (0..<40).map { "\($0).bin" } + ["film.mkv"]
            try make(names, 4_000_000)
            let slow = try RunningSlowShare(area, directory: share)
            let view = try RunningView(area, share: slow.path, options)
            for (number, name) in names.enumerated() {
                #expect(try view.contents(name) == content(number, 4_000_000))
                // No faster than the storage tier takes it: what it is offered beyond its queue it does without.
                try waitUntil("all is in one tier or the other", within: 60) {
                    let (disk, storage) = (try tier(view, "disk"), try tier(view, "storage"))
                    return disk.bytes + storage.bytes >= (number + 1) * 4_000_000
                }
            }
            // The film came to it directly, the rest by way of the disk.
            #expect(try tier(view, "disk").demotions ?? 0 > 0)
            // The index has it within a second.
            for below in ["", "/0.bin", "/film.mkv"] {
                try waitUntil("it is told where \(below) is", within: 20) {
                    let path = view.path + below
                    let listed = try area.run(BuiltPrograms.larder, ["ls", path], within: 20)
                    return listed.isSuccess && listed.output.contains("storage")
                }
            }

            try view.restart(options)
            try slow.suspend()
            defer { slow.resume() }
            for (number, name) in names.enumerated() {
                #expect(try view.contents(name) == content(number, 4_000_000), "\(name)")
            }
            #expect(try tier(view, "storage").hits > 0)
            try view.stop()
        }

        /// A name that is given to another file, and what is evicted by hand, is gone from both.
        @Test func whatIsReplacedIsNeverReadAgain() throws {
            let names = (0..<30).map { "\($0).bin" }
            try make(names, 4_000_000)
            let view = try RunningView(area, share: share, options)
            for name in names { _ = try view.contents(name) }
            try waitUntil("something has moved on", within: 30) {
                try tier(view, "storage").bytes > 20_000_000
            }
            let other = content(1000, 4_000_000)
            try view.guarded("replace") {
                let times = try Calls.status("\(view.path)/0.bin").st_mtim
                try TestLibrary.file("\(view.path)/new", other)
                try Calls.setModified(
                    "\(view.path)/new", seconds: times.tv_sec, nanoseconds: times.tv_nsec)
                try Calls.rename("\(view.path)/new", to: "\(view.path)/0.bin")
            }
            #expect(try view.contents("0.bin") == other)
            try view.restart(options)
            #expect(try view.contents("0.bin") == other)
            let evicted = try area.run(BuiltPrograms.larder, ["evict", view.path], within: 20)
            #expect(evicted.isSuccess)
            #expect(try tier(view, "storage").entries == 0)
            try view.stop()
        }

        /// What is stored is checked wherever it is, and a person is told where files of a type stay.
        @Test func verifyLooksIntoBothTiers() throws {
            try make(["a.bin", "film.mkv"], 4_000_000)
            let view = try RunningView(area, share: share, options)
            for (number, name) in ["a.bin", "film.mkv"].enumerated() {
                #expect(try view.contents(name) == content(number, 4_000_000))
            }
            func larder(_ command: String, _ more: String...) throws -> CommandResult {
                try area.run(BuiltPrograms.larder, [command] + more, within: 60)
            }
            // The index has it within a second.
            try waitUntil("all of both is checked", within: 30) {
                let sound = try larder("verify", "--against-share", view.path)
                return sound.isSuccess && sound.output.contains("7.63 MiB compared")
            }
            for (name, place) in [("a.bin", "on the disk"), ("film.mkv", "in the storage tier")] {
                let explained = try larder("explain", "\(view.path)/\(name)")
                #expect(explained.output.contains("; stays \(place)"), "\(explained)")
                let one = try larder("verify", "\(view.path)/\(name)")
                #expect(one.isSuccess && one.output.contains("3.81 MiB checked"), "\(one)")
            }

            let object = try #require(
                try FileTree.files(storage).map { storage.pathBytes / $0 }.first {
                    try String(decoding: $0, as: UTF8.self).contains("/objects/")
                        && Calls.status($0).st_size == 4_000_000
                })
            let file = try Calls.open(object, O_RDWR)
            try file.write([UInt8](repeating: 0x5A, count: 100), at: 1_500_000)
            let damaged = try larder("verify", view.path)
            #expect(damaged.ending == .exited(code: 1), "\(damaged)")
            #expect(damaged.errors.contains("film.mkv: 1 stored block is damaged and dropped"))
            #expect(try larder("verify", view.path).isSuccess)
            #expect(try view.contents("film.mkv") == content(1, 4_000_000))
            try view.stop()
        }

        /// Its disk is not mounted: the view does without, and the cache has what is for it.
        @Test func aViewDoesWithoutItsStorageTier() throws {
            try make(["film.mkv"], 4_000_000)
            var options = options
            options.more[0] = "storage=\(storage)/not/there"
            let view = try RunningView(area, share: share, options)
            #expect(try view.contents("film.mkv") == content(0, 4_000_000))
            #expect(try view.status().tiers.map(\.name) == ["memory", "disk"])
            try waitUntil("the film is on disk", within: 20) {
                try tier(view, "disk").bytes > 4_000_000
            }
            #expect(!Calls.exists("\(storage)/not"))
            try view.stop()
        }
    }
}
