import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// Mounting and unmounting as a good Unix tool does it: clear words, stable exit codes, nothing
    /// left behind.
    @Suite struct LifecycleTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/film.mkv", [UInt8](repeating: 7, count: 500_000))
        }

        private func larder(_ arguments: String...) throws -> CommandResult {
            try area.run(BuiltPrograms.larder, arguments, within: 60)
        }

        private func expectNothingLeft(_ view: String) throws {
            #expect(area.mounts == [])
            #expect(try Calls.names(view) == [])
            #expect(try Calls.names(area.path("run")) == [], "sockets or entries are left")
        }

        @Test func unmountEndsTheDaemonWell() throws {
            let view = try RunningView(area, share: share)
            #expect(try view.contents("film.mkv").count == 500_000)
            try view.stop()
            try expectNothingLeft(view.path)
            #expect(try larder("unmount", view.path).code == 3, "nothing to do any more")
        }

        /// `x-systemd.automount`: who looks into the place waits for a mount, which must not look itself.
        @Test(.needsRoot, .needs("setsid", "cat"))
        func whoLooksIntoAnAutomountPointFindsTheView() throws {
            let path = try area.makeDirectory("view")
            let place = try AutomountPoint(at: path)
            defer { place.remove() }
            // In a session of its own, since the automounter's group is let through: systemd calls mount(8) in its own.
            let reader = try area.spawn(
                "reader", "/usr/bin/setsid", ["--wait", "cat", "\(path)/film.mkv"])
            let request = try place.nextRequest()
            let options = "cache=\(area.path("cache")),disk=64M"
            let mounted = try larder("mount", "--background", share, path, "-o", options)
            #expect(mounted.isSuccess, "\(mounted)")
            try place.answer(request)
            #expect(try reader.wait("the reader", within: 20) == .exited(code: 0))
            #expect(reader.output.utf8.count == 500_000)
            // A second one is refused, and the place can be used again.
            #expect(try larder("mount", "--background", share, path, "-o", options).code == 3)
            #expect(try larder("unmount", path).isSuccess)
        }

        /// A share with `x-systemd.automount`, and its view in fstab too: systemd has it mounted by a process of its own group, for
        /// which nothing is mounted by looking.
        @Test(.needsRoot) func aShareThatIsMountedForWhoeverLooks() throws {
            let truth = try area.makeDirectory("truth")
            try TestLibrary.file("\(truth)/there.txt", Array("there".utf8))
            let view = try area.makeDirectory("view")
            let place = try AutomountPoint(at: share)
            defer { place.remove() }
            let options = "cache=\(area.path("cache")),disk=64M"
            let mounting = try area.spawn(
                "mounting", BuiltPrograms.larder,
                ["mount", "--background", share, view, "-o", options])
            let request = try place.nextRequest()
            _ = try Calls.check { mount(truth, share, nil, UInt(MS_BIND), nil) }
            defer { umount2(share, Int32(MNT_DETACH)) }
            try place.answer(request)
            #expect(try mounting.wait("the mount", within: 30) == .exited(code: 0))
            #expect(try Calls.names(view) == [Array("there.txt".utf8)])
            #expect(try larder("unmount", view).isSuccess)
        }

        @Test(arguments: [SIGTERM, SIGINT]) func signalsEndTheDaemonWell(signal: Int32) throws {
            let view = try RunningView(area, share: share)
            #expect(try view.contents("film.mkv").count == 500_000)
            view.process.send(signal)
            #expect(try view.process.wait("the daemon", within: 20) == .exited(code: 0))
            try expectNothingLeft(view.path)
        }

        @Test(.needs("fusermount3", "umount")) func theSystemsOwnToolsEndTheDaemonWell() throws {
            for tool in [["fusermount3", "-u"], ["umount"]]
            where tool[0] != "umount" || TestRun.isRoot {
                let view = try RunningView(area, share: share)
                #expect(try view.contents("film.mkv").count == 500_000)
                let program = try #require(TestRun.program(tool[0]))
                #expect(try area.run(program, tool.dropFirst() + [view.path]).isSuccess)
                #expect(try view.process.wait("the daemon", within: 20) == .exited(code: 0))
                try expectNothingLeft(view.path)
            }
        }

        @Test func inTheBackground() throws {
            let view = try area.makeDirectory("view")
            let mount = ["mount", share, view, "-o", "cache=\(area.path("cache"))", "--background"]
            for _ in 0..<2 {
                let mounted = try area.run(BuiltPrograms.larder, mount, within: 60)
                #expect(mounted.isSuccess, "\(mounted)")
                // Usable when the command is back.
                #expect(
                    try area.guarded("read") { try Calls.contents("\(view)/film.mkv") }.count
                        == 500_000)
                let again = try area.run(BuiltPrograms.larder, mount, within: 60)
                #expect(again.code == 3 && again.errors.contains("already"), "\(again)")
                let unmounted = try larder("unmount", view)
                #expect(unmounted.isSuccess, "\(unmounted)")
                try expectNothingLeft(view)
            }
        }

        @Test func aMountpointInUseIsRefusedWithItsHolder() throws {
            let view = try RunningView(area, share: share)
            let other = try area.makeDirectory("other share")
            try TestLibrary.file("\(other)/x", [1])
            let refused = try larder(
                "mount", other, view.path, "-o", "cache=\(area.path("c"))", "--background")
            #expect(refused.code == 1, "\(refused)")
            #expect(
                refused.errors.contains(share) && refused.errors.contains("mounted already"),
                "\(refused)")
            #expect(try view.differences() == [], "the first view goes on")
            try view.stop()
        }

        @Test func aSecondDaemonForTheSameShareAndCacheIsRefused() throws {
            let view = try RunningView(area, share: share)
            let second = try area.makeDirectory("second")
            let refused = try larder(
                "mount", share, second, "-o", "cache=\(view.cache)", "--background")
            #expect(refused.code == 1 && refused.errors.contains("already served"), "\(refused)")
            #expect(
                refused.errors.contains("\(view.process.pid)")
                    && refused.errors.contains(view.path),
                "who holds it? \(refused)")
            // Another share lives beside it in the same cache.
            let other = try area.makeDirectory("other share")
            try TestLibrary.file("\(other)/x", [1])
            let beside = try RunningView(area, share: other, name: "beside", cache: view.cache)
            #expect(try beside.contents("x") == [1])
            #expect(try view.differences() == [])
            try beside.stop()
            try view.stop()
        }

        /// Who unmounts with the system's own tools does not wait for the daemon, and may mount again at once.
        @Test(.needs("fusermount3")) func aMountOutlastsItsPredecessor() throws {
            let view = try RunningView(area, share: share)
            let first = view.process
            // It ends as slowly as can be.
            first.send(SIGSTOP)
            let fusermount = try #require(TestRun.program("fusermount3"))
            #expect(try area.run(fusermount, ["-u", view.path]).isSuccess)
            let second = try area.spawn(
                "larder", BuiltPrograms.larder,
                ["mount", share, view.path, "-o", "cache=\(view.cache),memory=64M,readahead=8M"])
            let clock = SystemClock()
            let patience = clock.monotonic + .seconds(1)
            try waitUntil(
                "it gives up or not",
                isTrue: {
                    second.ended != nil || clock.monotonic >= patience
                })
            first.send(SIGCONT)
            #expect(try first.wait("the first daemon", within: 20) == .exited(code: 0))
            try waitUntil(
                "the view is up",
                isTrue: {
                    if let ending = second.ended { Issue.record("\(ending): \(second.output)") }
                    return second.ended != nil || second.output.contains("\(view.path) shows")
                })
            #expect(try view.contents("film.mkv").count == 500_000)
            #expect(try larder("unmount", view.path).isSuccess)
        }

        @Test func aDeadMountIsTakenAway() throws {
            let view = try RunningView(area, share: share)
            try view.kill()
            #expect(throws: Errno.self) { try Calls.names(view.path) }
            let status = try larder("status", view.path)
            #expect(!status.isSuccess, "\(status)")
            try view.start()
            #expect(view.process.output.contains("had died"), "\(view.process.output)")
            #expect(try view.contents("film.mkv").count == 500_000)
            #expect(area.mounts == [view.path], "the dead mount is still below")
            try view.stop()
            try expectNothingLeft(view.path)
        }

        @Test func aBusyViewSaysWhoUsesIt() throws {
            let view = try RunningView(area, share: share)
            let held = try view.guarded("open") { try Calls.open("\(view.path)/film.mkv") }
            let busy = try larder("unmount", view.path)
            #expect(busy.code == 1 && busy.errors.contains("in use by"), "\(busy)")
            #expect(busy.errors.contains("\(getpid())"), "by whom? \(busy)")
            #expect(try view.guarded("read") { try held.read(at: 0, 10) }.count == 10, "goes on")

            let lazy = try larder("unmount", view.path, "--lazy")
            #expect(lazy.isSuccess, "\(lazy)")
            #expect(area.mounts == [])
            #expect(
                try view.guarded("read") { try held.read(at: 400_000, 10) }.count == 10,
                "still open")
            #expect(view.process.ended == nil)
            withExtendedLifetime(held) {}
        }

        @Test func theDaemonEndsWhenTheLastUserOfALazyUnmountIsGone() throws {
            let view = try RunningView(area, share: share)
            var held: OpenFile? = try view.guarded("open") {
                try Calls.open("\(view.path)/film.mkv")
            }
            #expect(try larder("unmount", view.path, "--lazy").isSuccess)
            #expect(held != nil)
            held = nil
            #expect(try view.process.wait("the daemon", within: 20) == .exited(code: 0))
            try expectNothingLeft(view.path)
        }

        @Test func statusTellsWhatIsThere() throws {
            let view = try RunningView(area, share: share)
            #expect(try view.contents("film.mkv").count == 500_000)
            let status = try view.status()
            #expect(status.state == .ok && status.pid == view.process.pid)
            #expect(status.sharePath == share && status.viewPath == view.path)
            #expect(status.tiers.map(\.name) == ["memory", "disk"])
            #expect(status.share.bytes >= 500_000)
            #expect(status.options.memoryBytes == 64 << 20)
            // Without a path it lists everybody's, which may be other views than this test's.
            #expect(try larder("status").output.contains(view.path))
            for arguments in [["status", view.path], ["status", "\(view.path)/film.mkv"]] {
                let text = try area.run(BuiltPrograms.larder, arguments)
                #expect(text.isSuccess && text.output.contains(view.path), "\(text)")
            }
            #expect(try larder("status", "/").code == 3)
            try view.stop()
        }

        @Test func wrongCommandLinesAreRefusedWithWhatWasExpected() throws {
            let view = try area.makeDirectory("view")
            let cases: [([String], Int32, String)] = [
                ([], 2, "mount"), (["mont"], 2, "did you mean 'mount'"),
                (["mount", share], 2, "VIEW"),
                (["mount", share, view, "-o", "memry=1G"], 2, "did you mean 'memory'"),
                (["mount", share, view, "-o", "memory=lots"], 2, "expected"),
                (["mount", share, view, "-o", "disk=1"], 2, "expected"),
                (["mount", "\(share)/nothing", view], 1, "does not exist"),
                (["mount", "\(share)/film.mkv", view], 1, "not a directory"),
                (["mount", share, "\(view)/nothing"], 1, "does not exist"),
                (["mount", share, share], 1, "same directory"),
                (["mount", area.path, view], 1, "inside the share"),
                (["mount", share, area.path], 1, "inside the view"),
                (["mount", share, view, "-o", "cache=\(share)/c"], 1, "inside the share"),
                (["mount", share, view, "-o", "cache=\(view)/c"], 1, "inside the view"),
                (["mount", view, area.path("run")], 1, "-o force"),
                (["mount", share, "/usr"], 1, "not empty"),
                (["evict", share], 1, "not in a view"), (["unmount", share], 3, "not mounted"),
            ]
            for (arguments, code, words) in cases {
                let result = try area.run(BuiltPrograms.larder, arguments, within: 30)
                #expect(result.code == code && result.errors.contains(words), "\(result)")
            }
            #expect(area.mounts == [])
            #expect(
                try Calls.names(share).count == 1, "a refused mount left something in the share")
            for arguments in [["--help"], ["mount", "--help"], ["--version"]] {
                let result = try area.run(BuiltPrograms.larder, arguments)
                #expect(
                    result.isSuccess && !result.output.isEmpty && result.errors == "", "\(result)")
            }
        }
    }
}
