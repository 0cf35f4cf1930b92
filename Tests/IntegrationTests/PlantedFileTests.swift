import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// What somebody has put where larder is told to write or to read: it is neither waited for nor followed.
    @Suite struct PlantedFileTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/file", Array("content".utf8))
        }

        private func link(_ path: String, to target: String) throws {
            try #require(symlink(target, path) == 0)
        }

        private func record(_ view: RunningView, to path: String) throws -> CommandResult {
            try area.run(
                BuiltPrograms.larder,
                ["record", view.path, "-o", path, "--duration", "100ms"], within: 20)
        }

        @Test func recordNeitherWaitsForAFIFONorFollowsALink() throws {
            let view = try RunningView(area, share: share)
            let fifo = area.path("fifo.csv")
            try Calls.makeFIFO(fifo)
            let waiting = try record(view, to: fifo)
            #expect(waiting.code == 1 && waiting.errors.contains("\(fifo) is a FIFO"), "\(waiting)")
            let victim = area.path("victim")
            try link(area.path("link.csv"), to: victim)
            let followed = try record(view, to: area.path("link.csv"))
            #expect(followed.code == 1 && followed.errors.contains("symbolic link"), "\(followed)")
            #expect(!Calls.exists(victim))
        }

        /// What the person has opened is theirs to name, whatever it leads to.
        @Test func recordWritesToWhatThePersonHasOpened() throws {
            let view = try RunningView(area, share: share)
            for (number, output) in ["| cat > \"$2\"", "> \"$2\"", "3>&1 > \"$2\""].enumerated() {
                let target = area.path("out.\(number)")
                let result = try area.run(
                    "/bin/sh",
                    [
                        "-c", "\"$0\" record \"$1\" -o /dev/stdout --duration 50ms \(output)",
                        BuiltPrograms.larder, view.path, target,
                    ])
                #expect(result.isSuccess, "\(result)")
                #expect(SpawnedProcess.text(target).hasPrefix("time_s,"), "\(output)")
            }
            #expect(try record(view, to: "/dev/null").isSuccess)
            let numbered = area.path("numbered")
            let result = try area.run(
                "/bin/sh",
                [
                    "-c", "\"$0\" record \"$1\" -o /dev/fd/7 --duration 50ms 7> \"$2\"",
                    BuiltPrograms.larder, view.path, numbered,
                ])
            #expect(result.isSuccess && SpawnedProcess.text(numbered).hasPrefix("time_s,"))
        }

        @Test func replayReadsPipesAndWaitsForNobody() throws {
            let trace =
                "time_s,file_or_volume_id,offset_bytes,length_bytes,op\n"
                + "0,1,0,4096,R\n1,1,4096,4096,R\n"
            let file = area.path("trace.csv")
            try TestLibrary.file(file, Array(trace.utf8))
            let piped = try area.run(
                "/bin/sh",
                [
                    "-c", "cat \"$1\" | \"$0\" replay /dev/stdin --method none",
                    BuiltPrograms.larder, file,
                ])
            let direct = try area.run(
                BuiltPrograms.larder, ["replay", file, "--method", "none"])
            #expect(direct.isSuccess && piped.isSuccess, "\(direct) \(piped)")
            let fifo = area.path("fifo.csv")
            try Calls.makeFIFO(fifo)
            let waiting = try area.run(BuiltPrograms.larder, ["replay", fifo], within: 30)
            #expect(waiting.code == 1 && waiting.errors.contains("\(fifo) is a FIFO"), "\(waiting)")
        }

        @Test func aLogIsWrittenToRegularFilesOfOnesOwnOnly() throws {
            let view = try area.makeDirectory("view")
            let mount = { (log: String) in
                try area.run(
                    BuiltPrograms.larder,
                    [
                        "mount", share, view, "-o",
                        "cache=\(area.path("cache")),logfile=\(log)", "--background",
                    ], within: 60)
            }
            let victim = area.path("victim")
            try link(area.path("link.log"), to: victim)
            try Calls.makeFIFO(area.path("fifo.log"))
            try TestLibrary.file(area.path("second"), [65])
            try #require(Glibc.link(area.path("second"), area.path("second.log")) == 0)
            for (name, words) in [
                ("link.log", "symbolic link"), ("fifo.log", "a FIFO"), ("second.log", "hard link"),
            ] {
                let refused = try mount(area.path(name))
                #expect(refused.code == 1, "\(refused)")
                #expect(
                    refused.errors.contains(words) && refused.errors.contains(area.path(name)),
                    "\(refused)")
            }
            #expect(!Calls.exists(victim))
            #expect(SpawnedProcess.text(area.path("second")) == "A")
            let fine = try mount(area.path("own.log"))
            #expect(fine.isSuccess, "\(fine)")
            #expect(try Calls.status(area.path("own.log")).st_mode & 0o777 == 0o600)
            #expect(try area.run(BuiltPrograms.larder, ["unmount", view]).isSuccess)
            #expect(try mount("/dev/null").isSuccess)
            #expect(try area.run(BuiltPrograms.larder, ["unmount", view]).isSuccess)
        }

        @Test func aConfigurationIsARegularFile() throws {
            let folder = try area.makeDirectory("config")
            try Calls.makeDirectory("\(folder)/larder")
            try Calls.makeFIFO("\(folder)/larder/films.toml")
            for word in ["films", "\(folder)/larder/films.toml"] {
                let checked = try area.run(
                    BuiltPrograms.larder, ["config", "check", word], within: 20,
                    environment: ["XDG_CONFIG_HOME": folder])
                #expect(checked.code == 1, "\(checked)")
                #expect(checked.errors.contains("no regular file"), "\(checked)")
            }
        }

        /// A directory that was open to others once holds what they left.
        @Test func aFIFOInTheCacheHangsNothing() throws {
            let view = try RunningView(area, share: share)
            _ = try view.contents("file")
            try view.waitForDisk()
            try view.stop()
            let files = try area.run(
                "/usr/bin/find", ["\(view.cache)/shares", "-type", "f"])
            let stored = files.output.split(separator: "\n").map(String.init)
                .filter { $0.contains("/objects/") || $0.contains("/packs/") }
            #expect(!stored.isEmpty)
            for path in stored {
                unlink(path)
                try Calls.makeFIFO(path)
            }
            try view.start()
            #expect(try view.contents("file") == Array("content".utf8))
            try view.stop()
            unlink("\(view.cache)/FORMAT")
            try Calls.makeFIFO("\(view.cache)/FORMAT")
            let refused = try area.run(
                BuiltPrograms.larder,
                ["mount", share, view.path, "-o", "cache=\(view.cache)"], within: 20)
            #expect(refused.code == 1 && refused.errors.contains(view.cache), "\(refused)")
        }
    }
}
