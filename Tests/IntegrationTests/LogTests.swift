import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// What a daemon writes down: bounded, and without the names of people's files where others may read it.
    @Suite struct LogTests {
        private let area = Area.current
        private let truth: String
        private static let marker = "salary-of-eve"

        init() throws {
            truth = try area.makeDirectory("truth")
            try Calls.makeDirectory("\(truth)/\(Self.marker)")
            for number in 0..<60 {
                try TestLibrary.file(
                    "\(truth)/\(Self.marker)/\(Self.marker)-\(number).txt",
                    Array("\(number) secret-content ".utf8) + [UInt8](repeating: 65, count: 30_000))
            }
        }

        private func name(_ number: Int) -> String { "\(Self.marker)/\(Self.marker)-\(number).txt" }

        private func lines(_ view: RunningView) -> [String] {
            view.process.output.split(separator: "\n").map(String.init)
        }

        @Test func aDeadShareFillsNoDisk() throws {
            let nas = try RunningSlowShare(area, directory: truth)
            var options = RunningView.Options(timeout: "1s")
            options.more = ["log=debug"]
            let view = try RunningView(area, share: nas.path, options)
            #expect(try view.contents(name(0)).count > 30_000)
            let clock = SystemClock()
            let start = clock.monotonic
            for _ in 0..<8 {
                try nas.control("hang")
                try waitUntil("the share's silence is noticed", within: 20) {
                    // Somebody wants something of it, and gets an error.
                    _ = try? view.contents(name(Int.random(in: 1..<60)))
                    return try view.status().state == .shareUnreachable
                }
                for number in 0..<60 { _ = try? view.contents(name(number)) }
                try nas.control("resume")
                try waitUntil("the share is back", within: 20) { try view.status().state == .ok }
                try view.evict()
            }
            // Of each kind five, and one more per minute.
            let allowed = 5 + Int((clock.monotonic - start) / .seconds(60))
            for words in ["has not answered", "answers again"] {
                let said = lines(view).filter { $0.contains(words) }
                #expect(said.count >= 5 && said.count <= allowed, "\(said)")
                #expect(said.allSatisfy { $0.contains(nas.path) }, "which share?")
            }
            // The rest of what it says is about the start.
            #expect(lines(view).count < 25, "\(lines(view))")
            try view.stop()
            if allowed == 5 {
                #expect(lines(view).count { $0.contains("3 more like this were left out") } == 2)
            }
        }

        /// Faults of share and cache, one after the other, at the level that says most.
        @Test func errorsAndWarningsNameNoFiles() throws {
            let nas = try RunningSlowShare(area, directory: truth)
            var options = RunningView.Options(timeout: "1s")
            options.more = ["log=debug"]
            let view = try RunningView(area, share: nas.path, options)
            for number in 0..<60 { #expect(try view.contents(name(number)).count > 30_000) }
            try view.waitForDisk()
            try nas.control("fail", "read", "EIO", "1/2")
            try view.evict(name(1))
            _ = try? view.contents(name(1))
            try nas.control("fail", "clear")
            try view.stop()
            // Every file of the cache is changed behind the daemon's back.
            let damaged = try damageCache(below: view.cache)
            #expect(damaged > 0)
            try view.start(options)
            try nas.control("hang")
            for number in 0..<60 { _ = try? view.contents(name(number)) }
            try nas.control("resume")
            try waitUntil("the share is back", within: 20) { try view.status().state == .ok }
            for number in 0..<60 { #expect(try view.contents(name(number)).count > 30_000) }
            try view.stop()
            let grave = area.logs.joined(separator: "\n").split(separator: "\n").map(String.init)
                .filter { $0.contains("larder: warning:") || $0.contains("larder: error:") }
            #expect(grave.contains { $0.contains("cache") && $0.contains(view.cache) }, "\(grave)")
            #expect(grave.contains { $0.contains("has not answered") }, "\(grave)")
            for line in grave { #expect(!line.contains(Self.marker), "\(line)") }
            let all = area.logs.joined()
            #expect(
                all.contains("larder: debug:") && all.contains(Self.marker),
                "names are for debugging")
            #expect(!all.contains("secret-content"))
        }

        private func damageCache(below directory: String) throws -> Int {
            let found = try area.run("/usr/bin/find", [directory, "-type", "f", "-size", "+8k"])
            var count = 0
            for path in found.output.split(separator: "\n").map(String.init)
            where path.contains("/objects/") || path.contains("/packs/") {
                let file = try FileCalls.open(path, .readWrite)
                let size = try FileCalls.attributes(of: file.rawValue).size
                for offset in stride(from: Int64(64), to: size, by: 1024) {
                    let junk: [UInt8] = [0xde, 0xad, 0xbe, 0xef]
                    _ = pwrite(file.rawValue, junk, junk.count, off_t(offset))
                }
                count += 1
            }
            return count
        }

        @Test func theLogOfABackgroundMountIsBounded() throws {
            let view = try area.makeDirectory("view")
            let log = area.path("larder.log")
            try TestLibrary.file(log, [UInt8](repeating: 10, count: (8 << 20) - 10))
            let mounted = try area.run(
                BuiltPrograms.larder,
                [
                    "mount", truth, view, "-o", "cache=\(area.path("cache")),logfile=\(log)",
                    "--background",
                ])
            #expect(mounted.isSuccess, "\(mounted)")
            let status = try area.run(BuiltPrograms.larder, ["status", view, "--json"])
            let pid = try #require(
                status.output.split(separator: "\"pid\"").last?.prefix { $0 != "," }
                    .filter(\.isNumber).description)
            let number = try #require(Int32(pid))
            kill(number, SIGHUP)
            try waitUntil("the file was turned") { Calls.exists("\(log).1") }
            #expect(try Calls.status(log).st_size < 1000)
            kill(number, SIGHUP)
            try waitUntil("the new one is written") { SpawnedProcess.text(log).contains("SIGHUP") }
            #expect(SpawnedProcess.text("\(log).1").hasSuffix("(SIGHUP)\n"))
            #expect(try area.run(BuiltPrograms.larder, ["unmount", view]).isSuccess)
        }

        /// Through libsystemd to a socket of the test's own, in a mount namespace where that is the journal's.
        @Test(.needsRoot, .needs("unshare", "mount"))
        func theJournalGetsFieldsAndStandardErrorDoesNot() throws {
            let run = try area.makeDirectory("run-systemd")
            try Calls.makeDirectory("\(run)/journal")
            let journal = try DatagramSocket("\(run)/journal/socket")
            let view = try area.makeDirectory("view")
            let output = area.path("stderr")
            try TestLibrary.file(output, [])
            // Where systemd has not run (containers), /run/systemd is not there.
            let script = """
                [ -d /run/systemd ] || { mount -t tmpfs none /run && mkdir /run/systemd; } || exit 9
                mount --bind '\(run)' /run/systemd || exit 9
                exec 2>>'\(output)'
                export JOURNAL_STREAM="$(stat -Lc %d:%i /dev/stderr)"
                exec "$@"
                """
            let unshare = try #require(TestRun.program("unshare"))
            let process = try area.spawn(
                "larder", unshare,
                [
                    "--mount", "/bin/sh", "-c", script, "sh", BuiltPrograms.larder, "mount", truth,
                    view, "-o", "cache=\(area.path("cache"))",
                ])
            try waitUntil("the view is up", within: 30) {
                try #require(process.ended == nil, "\(process.output)")
                return SpawnedProcess.text(output).contains("shows \(truth)")
            }
            process.send(SIGHUP)
            try waitUntil("the journal hears of it") { journal.count("SIGHUP") == 1 }
            let fields = try #require(journal.texts.first).split(separator: "\n")
            #expect(fields.contains("PRIORITY=6") && fields.contains("SYSLOG_IDENTIFIER=larder"))
            #expect(
                fields.contains("LARDER_VIEW=\(view)") && fields.contains("LARDER_SHARE=\(truth)"))
            #expect(fields.contains { $0.hasPrefix("MESSAGE=\(view): ") })
            #expect(!SpawnedProcess.text(output).contains("SIGHUP"), "said twice")
            process.send(SIGTERM)
            #expect(try process.wait("the daemon", within: 20) == .exited(code: 0))
        }
    }
}
