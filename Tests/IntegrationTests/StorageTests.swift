import Control
import Foundation
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
            }
            // The film came to it directly, the rest by way of the disk.
            try waitUntil("all is in one tier or the other", within: 30) {
                let (disk, storage) = (try tier(view, "disk"), try tier(view, "storage"))
                return disk.bytes + storage.bytes >= 160_000_000 && (disk.demotions ?? 0) > 0
            }
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
