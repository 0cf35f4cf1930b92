import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// A view that is there without its share, and takes it in when it comes.
    @Suite struct AbsentShareTests {
        private let area = Area.current
        private let truth: String
        private let film: [UInt8]

        init() throws {
            truth = try area.makeDirectory("truth")
            var generator = SplitMix(seed: 16)
            film = generator.content(400_000)
            try TestLibrary.file("\(truth)/cached.mkv", film)
            try Calls.makeDirectory("\(truth)/folder")
            try TestLibrary.file("\(truth)/folder/uncached.mkv", generator.content(300_000))
        }

        private func options(_ consistency: String = "eventual") -> RunningView.Options {
            var options = RunningView.Options(consistency: consistency)
            if consistency == "eventual" { options.propagation = "50ms" }
            return options
        }

        /// A view that has read `cached.mkv`, and has listed everything.
        private func seen(_ share: String, _ consistency: String = "eventual") throws -> RunningView
        {
            let view = try RunningView(area, share: share, options(consistency))
            if consistency == "strict" {
                // A version that could change without its change time moving is not stored.
                try waitUntil("the files are old enough") {
                    let changed = try Calls.status("\(share)/cached.mkv").st_ctim.tv_sec
                    return SystemClock().wall.seconds > changed + 3
                }
            }
            #expect(try view.contents("cached.mkv") == film)
            for folder in [view.path, "\(view.path)/folder"] {
                _ = try view.guarded("list") {
                    for name in try Calls.names(folder) {
                        _ = try Calls.status(Array(folder.utf8) / name)
                    }
                }
            }
            try view.waitForDisk()
            return view
        }

        /// The view is offline, says so, serves what it has, and makes nobody wait.
        private func expectOffline(_ view: RunningView, _ reason: String) throws {
            let status = try view.status()
            #expect(status.state == .shareUnreachable)
            let said = status.reason ?? ""
            #expect(said.contains("offline since the start") && said.contains(reason), "\(said)")
            let start = secondsNow()
            try expectSeen(view)
            #expect(throws: Errno.timedOut) { _ = try view.contents("folder/uncached.mkv") }
            let changes: [(String, () throws -> Void)] = [
                ("create", { try Calls.write([1], to: "\(view.path)/stray") }),
                ("mkdir", { try Calls.makeDirectory("\(view.path)/stray") }),
                ("overwrite", { try Calls.write([1], to: "\(view.path)/cached.mkv") }),
                (
                    "append",
                    { try Calls.write([1], to: "\(view.path)/cached.mkv", flags: O_APPEND) }
                ),
                ("truncate", { try Calls.truncate("\(view.path)/cached.mkv", 1) }),
                ("chmod", { try Calls.setMode("\(view.path)/cached.mkv", 0o600) }),
                ("unlink", { try Calls.unlink("\(view.path)/cached.mkv") }),
                (
                    "rename",
                    { try Calls.rename("\(view.path)/cached.mkv", to: "\(view.path)/stray") }
                ),
            ]
            for (name, change) in changes {
                #expect(throws: Errno.timedOut, "\(name)") { try view.guarded(name, change) }
            }
            // What was not even tried is in nobody's way.
            try expectSeen(view)
            #expect(secondsNow() - start < 3, "somebody waited for a share that is not there")
        }

        private func expectSeen(_ view: RunningView) throws {
            #expect(try view.contents("cached.mkv") == film)
            let names = try view.guarded("list") { try Calls.names(view.path) }
            #expect(names.map(\.printable).sorted() == ["cached.mkv", "folder"])
            let size = try view.guarded("stat") {
                try Calls.status("\(view.path)/folder/uncached.mkv").st_size
            }
            #expect(size == 300_000)
        }

        /// All is as on the share, without a remount, and can be changed.
        private func expectOnline(_ view: RunningView) throws {
            try waitUntil("the view is online", within: 15) { try view.status().state == .ok }
            #expect(try view.differences(from: truth) == [])
            try view.guarded("write") { try Calls.write([7], to: "\(view.path)/new") }
            #expect(try Calls.contents("\(truth)/new") == [7])
        }

        @Test(arguments: ["eventual", "strict"])
        func isShownFromTheCacheAndComesByItself(consistency: String) throws {
            let first = try RunningSlowShare(area, directory: truth)
            let view = try seen(first.path, consistency)
            try view.stop()
            try first.unmount()
            try view.start(options(consistency))
            try expectOffline(view, "nothing is mounted")
            // Nor does it lose anything of that for the next time.
            try view.restart(options(consistency))
            try expectOffline(view, "nothing is mounted")
            #expect(try Calls.names(first.path) == [], "written below the share's mountpoint")

            // Another share in its place is none of it.
            let other = try area.makeDirectory("other")
            try TestLibrary.file("\(other)/cached.mkv", [1, 2, 3])
            let wrong = try RunningSlowShare(area, directory: other)
            try waitUntil("the other one is said", within: 10) {
                try view.status().reason?.contains(other) == true
            }
            try expectOffline(view, "another share")
            #expect(view.process.output.contains("is not taken for it"))
            #expect(try Calls.names(other).count == 1)
            try wrong.unmount()

            // What was changed meanwhile is seen at once.
            try TestLibrary.file("\(truth)/later.txt", [1])
            try Calls.write(Array(film.reversed()), to: "\(truth)/cached.mkv")
            _ = try RunningSlowShare(area, directory: truth)
            try expectOnline(view)
            #expect(view.process.output.contains("is there now"))
            try view.restart(options(consistency))
            #expect(try view.status().state == .ok)
            try view.stop()
        }

        /// The daemon is killed, or upgraded, while the mounted share hangs.
        @Test func isShownWhileItHangs() throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try seen(share.path)
            // A kill takes what was not flushed to the index yet.
            try view.restart(options())
            #expect(try view.contents("cached.mkv") == film)
            try view.waitForShare()
            try share.control("hang")
            let start = secondsNow()
            try view.killAndRestart(options())
            #expect(secondsNow() - start < 10, "the start waited for the share")
            try expectOffline(view, "does not answer")
            // It ends in good order.
            let ending = secondsNow()
            view.process.send(SIGTERM)
            #expect(
                try view.process.wait("the daemon whose share hangs", within: 20)
                    == .exited(code: 0))
            #expect(secondsNow() - ending < 5)
            try share.control("online")
            try view.start(options())
            try expectOnline(view)
            try view.stop()
        }

        /// A disk that is plugged in later: its folder does not exist before.
        @Test func isShownWhereItsFolderDoesNotExist() throws {
            let folder = try area.makeDirectory("disk")
            try TestLibrary.file("\(folder)/cached.mkv", film)
            try Calls.makeDirectory("\(folder)/folder")
            try TestLibrary.file(
                "\(folder)/folder/uncached.mkv", Array(repeating: 5, count: 300_000))
            let view = try seen(folder)
            try view.stop()
            try Calls.rename(folder, to: area.path("away"))
            try view.start(options())
            try expectOffline(view, "does not exist")
            // An empty one that was made in its place is not a share whose files are gone.
            let empty = try area.makeDirectory("empty")
            let watch = try Calls.check { inotify_init1(Int32(IN_NONBLOCK)) }
            defer { close(watch) }
            _ = try Calls.check { inotify_add_watch(watch, empty, UInt32(IN_CLOSE_NOWRITE)) }
            try Calls.rename(empty, to: folder)
            try waitUntil("it was looked into") {
                var events = [UInt8](repeating: 0, count: 4096)
                return Glibc.read(watch, &events, events.count) > 0 ? true : nil
            }
            try expectOffline(view, "does not exist")
            try Calls.removeDirectory(folder)
            try Calls.rename(area.path("away"), to: folder)
            try waitUntil("the view is online", within: 15) { try view.status().state == .ok }
            #expect(try view.differences() == [])
            try view.stop()
        }

        @Test func whatWasNeverSeenIsRefused() throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try seen(share.path)
            try view.stop()
            try share.unmount()
            try area.makeDirectory("another")
            for (name, word) in [("another", "is not mounted"), ("none", "does not exist")] {
                let result = try area.run(
                    BuiltPrograms.larder,
                    [
                        "mount", area.path(name), view.path, "-o",
                        "cache=\(view.cache),timeout=1s", "--background",
                    ], within: 20)
                #expect(result.code == 1 && result.errors.contains(word), "\(result)")
            }
            // Known to another cache only.
            let result = try area.run(
                BuiltPrograms.larder,
                [
                    "mount", share.path, view.path, "-o", "cache=\(area.path("fresh"))",
                    "--background",
                ], within: 20)
            #expect(result.code == 1 && result.errors.contains("is not mounted"), "\(result)")
        }
    }
}
