import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// What a service manager hears of a view, with a socket of the test's own in its place.
    @Suite struct ServiceTests {
        private let area = Area.current
        private let truth: String
        private let manager: DatagramSocket

        init() throws {
            truth = try area.makeDirectory("truth")
            for number in 0..<40 {
                try TestLibrary.file(
                    "\(truth)/file-\(number).bin", [UInt8](repeating: 7, count: 200_000))
            }
            manager = try DatagramSocket(area.path("notify"))
        }

        private func options(
            watchdog: Duration? = nil, timeout: String = "2s"
        ) -> RunningView.Options {
            var options = RunningView.Options(timeout: timeout)
            options.environment["NOTIFY_SOCKET"] = manager.path
            if let watchdog {
                options.environment["WATCHDOG_USEC"] = "\(Int(watchdog.inSeconds * 1_000_000))"
            }
            return options
        }

        private var readiness: Int { manager.count("READY=1") }

        @Test func readinessMeansThatTheViewCanBeUsed() throws {
            let view = RunningViewInTheMaking(area, share: truth)
            let process = try view.spawn(options())
            try waitUntil("the daemon is ready", poll: 0.001, isTrue: { readiness > 0 })
            // At once, without waiting for anything else.
            #expect(
                try area.guarded("read") { try Calls.contents("\(view.path)/file-1.bin") }.count
                    == 200_000)
            let status = "STATUS=\(view.path) shows \(truth): ok"
            #expect(manager.texts == ["READY=1\n\(status)"], "no watchdog was asked for")
            process.send(SIGHUP)
            try waitUntil("it says that it reloads") {
                manager.count("RELOADING=1\nMONOTONIC_USEC=") == 1
            }
            try waitUntil("it says that it is done") { manager.texts.last == "READY=1" }
            process.send(SIGTERM)
            #expect(try process.wait("the daemon", within: 20) == .exited(code: 0))
            #expect(manager.texts.last == "STOPPING=1\nSTATUS=ending")
            #expect(manager.count("STOPPING") == 1)
            #expect(area.mounts == [])
        }

        @Test func aRefusedMountIsNeverReady() throws {
            let view = RunningViewInTheMaking(area, share: area.path("nothing"))
            let process = try view.spawn(options())
            #expect(try process.wait("larder mount", within: 20) == .exited(code: 1))
            #expect(manager.texts == [])
        }

        @Test func anUnmountByAnotherHandIsToldAsWell() throws {
            let view = try RunningView(area, share: truth, options())
            try waitUntil("the daemon is ready") { readiness > 0 }
            try view.stop()
            #expect(manager.texts.last == "STOPPING=1\nSTATUS=ending")
        }

        @Test func aBackgroundMountDoesNotSpeakForItsService() throws {
            let view = try area.makeDirectory("view")
            let mounted = try area.run(
                BuiltPrograms.larder,
                ["mount", truth, view, "-o", "cache=\(area.path("cache"))", "--background"],
                environment: ["NOTIFY_SOCKET": manager.path])
            #expect(mounted.isSuccess, "\(mounted)")
            let unmounted = try area.run(BuiltPrograms.larder, ["unmount", view])
            #expect(unmounted.isSuccess, "\(unmounted)")
            #expect(manager.texts == [])
        }

        @Test func helpersOfTheDaemonDoNotHearOfTheManager() throws {
            let view = try RunningView(area, share: truth, options(watchdog: .seconds(60)))
            let children = try Calls.names("/proc").compactMap { name -> Int32? in
                guard let id = Int32(String(decoding: name, as: UTF8.self)) else { return nil }
                let stat = SpawnedProcess.text("/proc/\(id)/stat").split(separator: ")").last
                let words = stat?.split(separator: " ") ?? []
                return words.count > 1 && Int32(words[1]) == view.process.pid ? id : nil
            }
            #expect(!children.isEmpty, "the guard of the connection")
            for child in children {
                let environment = SpawnedProcess.text("/proc/\(child)/environ")
                #expect(environment.contains("PATH="))
                #expect(!environment.contains("NOTIFY_SOCKET") && !environment.contains("WATCHDOG"))
            }
            try view.stop()
        }

        /// A NAS that is gone is told, and gets nobody killed.
        @Test func aShareThatHangsChangesTheStatusAndNotTheProofsOfLife() throws {
            let nas = try RunningSlowShare(area, directory: truth)
            var options = options(watchdog: .milliseconds(900))
            // Nothing that the view knows is good enough for those who ask: all questions go to the share.
            options.ttl = "0s"
            let view = try RunningView(area, share: nas.path, options)
            try waitUntil("the daemon is ready") { readiness > 0 }
            try waitUntil("there are proofs of life") { manager.count("WATCHDOG=1") >= 2 }
            try nas.control("hang")
            for number in 0..<12 {
                let reader = try area.spawn("cat", "/bin/cat", ["\(view.path)/file-\(number).bin"])
                #expect(reader.pid > 0)
            }
            let before = manager.count("WATCHDOG=1")
            try waitUntil("the share's state is told", within: 20) {
                manager.texts.last { $0.hasPrefix("STATUS=") }?.contains("share unreachable")
                    == true
            }
            // All the time, also while the readers waited for the share: less than the watchdog's time between any two.
            let during = manager.count("WATCHDOG=1") - before
            #expect(during >= 3, "\(manager.texts)")
            let after = manager.count("WATCHDOG=1")
            try waitUntil("proofs of life go on") { manager.count("WATCHDOG=1") >= after + 4 }
            #expect(view.process.ended == nil)
            try nas.control("resume")
            try waitUntil("the share's return is told", within: 20) {
                manager.texts.last { $0.hasPrefix("STATUS=") }?.hasSuffix(": ok") == true
            }
            try view.stop()
        }

        /// What the hook before sleep calls: the kernel cannot freeze who waits for an answer of a FUSE file system.
        @Test func nobodyWaitsForASilentShareWhenTheMachineGoesToSleep() throws {
            let nas = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: nas.path, options(timeout: "10m"))
            #expect(try view.contents("file-1.bin").count == 200_000)
            try view.waitForShare()
            try nas.control("hang")
            let readers = try (2..<10).map { number in
                try area.spawn("cat", "/bin/cat", ["\(view.path)/file-\(number).bin"])
            }
            try waitUntil("the share has what they ask for") { try nas.statistics().held > 0 }
            let hook = RealPath.split(#filePath).parent + "/../../systemd/system-sleep/larder"
            try waitUntil("nobody waits any more", within: 20, poll: 0.2) {
                // The first time may be too early: a share may take a second.
                let told = try area.run(
                    "/bin/sh", [hook, "pre", "suspend"], within: 20,
                    environment: ["LARDER_PROGRAM": BuiltPrograms.larder])
                #expect(told.isSuccess, "\(told)")
                return readers.allSatisfy { $0.ended != nil }
            }
            for reader in readers {
                #expect(reader.ended == .exited(code: 1), "\(reader.output)")
                #expect(reader.output.contains("timed out"), "\(reader.output)")
            }
            #expect(try view.contents("file-1.bin").count == 200_000, "what is cached is there")
            try nas.control("resume")
            try waitUntil("the share is back by itself", within: 20) {
                try view.status().state == .ok
            }
            #expect(try view.contents("file-5.bin").count == 200_000)
            try view.stop()
        }

        @Test(.needs("updatedb.plocate", "plocate"))
        func updatedbDoesNotWalkViews() throws {
            let view = try RunningView(area, share: truth)
            let dropIn = RealPath.split(#filePath).parent + "/../../systemd/plocate-updatedb.conf"
            let command = SpawnedProcess.text(dropIn).split(separator: "\n")
                .last { $0.hasPrefix("ExecStart=") }
            let words = try #require(command).dropFirst("ExecStart=".count).split(separator: " ")
                .map(String.init)
            for (more, found) in [([], false), (["--prunefs", ""], true)] {
                let database = area.fresh("plocate")
                // In place of the machine's own configuration, which leaves out much else.
                let made = try area.run(
                    words[0],
                    (more.isEmpty ? ["--prunefs", ""] + words.dropFirst() : more)
                        + ["--prunepaths", "", "-l", "0", "-U", area.path, "-o", database])
                #expect(made.isSuccess, "\(made)")
                let plocate = try #require(TestRun.program("plocate"))
                let names = try area.run(plocate, ["-d", database, "file-7.bin"]).output
                #expect(names.contains("\(truth)/file-7.bin"))
                #expect(names.contains("\(view.path)/file-7.bin") == found, "\(names)")
            }
            try view.stop()
        }

        @Test func aStoppedDaemonGivesNoProofOfLife() throws {
            let view = try RunningView(area, share: truth, options(watchdog: .milliseconds(600)))
            try waitUntil("there are proofs of life") { manager.count("WATCHDOG=1") >= 2 }
            view.process.send(SIGSTOP)
            defer { view.process.send(SIGCONT) }
            try waitUntil("it is stopped") {
                SpawnedProcess.text("/proc/\(view.process.pid)/stat").contains(") T ")
            }
            let then = manager.count("WATCHDOG=1")
            let clock = SystemClock()
            let end = clock.monotonic + .seconds(2)
            try waitUntil("two seconds have passed") { clock.monotonic >= end }
            #expect(manager.count("WATCHDOG=1") == then)
            view.process.send(SIGCONT)
            try waitUntil("it lives again") { manager.count("WATCHDOG=1") > then + 1 }
            try view.stop()
        }
    }
}

/// A view whose daemon is started without waiting for it.
private struct RunningViewInTheMaking {
    let area: Area
    let share: String
    let path: String

    init(_ area: Area, share: String) {
        self.area = area
        self.share = share
        path = area.path("view")
    }

    func spawn(_ options: RunningView.Options) throws -> SpawnedProcess {
        try area.makeDirectory("view")
        return try area.spawn(
            "larder", BuiltPrograms.larder,
            [
                "mount", share, path, "-o",
                "cache=\(area.path("cache")),memory=64M,readahead=8M,timeout=\(options.timeout)",
            ], environment: options.environment)
    }
}
