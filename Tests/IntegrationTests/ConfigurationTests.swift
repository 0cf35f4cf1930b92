import Control
import Foundation
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// A view that is mounted as a file says, looked at, and changed under its users.
    @Suite struct ConfigurationTests {
        private let area = Area.current
        private let share: String
        private let view: String
        private let film: [UInt8]
        private let file: String

        init() throws {
            share = try area.makeDirectory("share")
            view = try area.makeDirectory("view")
            var generator = SplitMix(seed: 71)
            film = generator.content(40 << 20, compressible: false)
            try TestLibrary.file("\(share)/film.mkv", film)
            try area.makeDirectory("config")
            file = try area.makeDirectory("config/larder") + "/nas.toml"
            try write(memory: "128M")
        }

        private func write(memory: String, disk: String = "256M", more: String = "") throws {
            let text = """
                share = "\(share)"
                view = "\(view)"
                [tiers]
                cache = "\(area.path("cache"))"
                memory = "\(memory)"
                disk = "\(disk)"
                \(more)
                """
            try Calls.write(Array(text.utf8), to: file)
        }

        private func larder(_ words: String...) throws -> CommandResult {
            try area.run(
                BuiltPrograms.larder, words, environment: ["XDG_CONFIG_HOME": area.path("config")])
        }

        private func status() throws -> StatusReport {
            struct Answer: Decodable {
                struct View: Decodable { var status: StatusReport }
                var views: [View]
            }
            let answer = try JSONDecoder().decode(
                Answer.self, from: Data(try larder("status", view, "--json").output.utf8))
            return try #require(answer.views.first?.status)
        }

        private func tier(_ name: String) throws -> StatusReport.Tier {
            try #require(try status().tiers.first { $0.name == name })
        }

        private func shown() throws -> [String: ConfigurationReport.Option] {
            let result = try larder("config", "show", "nas", "--json")
            let report = try JSONDecoder().decode(
                ConfigurationReport.self, from: Data(result.output.utf8))
            // Of the sections of content types, any: they have the same names.
            return Dictionary(report.options.map { ($0.name, $0) }) { first, _ in first }
        }

        private func readFilm() throws {
            let read = try area.guarded("read the film", within: 60) {
                try Calls.contents("\(view)/film.mkv")
            }
            #expect(read == film)
        }

        /// A type of one's own, and another chunk size at the next mount: what is cached stays as it was cut.
        @Test func contentTypesAreAsTheFileSays() throws {
            func explained(_ chunkSize: String) throws -> ExplanationReport.File {
                try write(
                    memory: "128M",
                    more: "[content.config]\nmatch = [\"/*.MKV\"]\nchunk-size = \"\(chunkSize)\"\n"
                        + "compression = \"on\"")
                let mounted = try larder("mount", "nas", "--background")
                #expect(mounted.isSuccess, "\(mounted)")
                defer { _ = try? larder("unmount", view) }
                try readFilm()
                let result = try larder("explain", "\(view)/film.mkv", "--json")
                let report = try JSONDecoder().decode(
                    ExplanationReport.self, from: Data(result.output.utf8))
                return try #require(report.file)
            }
            let before = try explained("64K")
            #expect(
                before
                    == .init(
                        kind: .file, sizeBytes: Int64(film.count), contentType: "config",
                        chunkBytes: 64 << 10, recognisedBy: "pattern", recognisedAs: "/*.MKV",
                        compression: "always", tier: "disk"))
            #expect(try explained("1M") == before)
        }

        @Test func mountedChangedAndReloaded() throws {
            #expect(try larder("config", "check", "nas").isSuccess)
            let log = area.path("log")
            let mounted = try larder(
                "mount", "nas", "--background", "-o", "lanes=4,logfile=\(log)")
            #expect(mounted.isSuccess, "\(mounted)")
            defer { _ = try? larder("unmount", "--lazy", view) }
            try readFilm()
            #expect(try tier("memory").bytes >= Int64(film.count))
            #expect(try tier("memory").limitBytes == 128 << 20)
            var options = try shown()
            #expect(options["memory"]?.origin == .file && options["memory"]?.line == 5)
            #expect(options["lanes"]?.origin == .commandLine && options["lanes"]?.value == "4")
            #expect(options["ttl"]?.origin == .usual && options["ttl"]?.value == "5m")

            // By the command: what memory held above its new limit is gone when it returns.
            try write(
                memory: "32M", disk: "128M",
                more:
                    "[readahead]\nreadahead = \"2M\"\n[freshness]\nttl = \"1m\"\n[access]\nuid = 7")
            let reloaded = try larder("reload", view)
            #expect(reloaded.isSuccess, "\(reloaded)")
            for part in [
                "memory (128M → 32M)", "readahead (32M → 2M)", "ttl (5m → 1m)",
                "only a remount changes uid (none → 7)",
            ] { #expect(reloaded.output.contains(part), "\(reloaded)") }
            #expect(try tier("memory").limitBytes == 32 << 20)
            #expect(try tier("memory").bytes <= 32 << 20)
            #expect(try tier("disk").limitBytes == 128 << 20)
            options = try shown()
            #expect(options["memory"]?.value == "32M" && options["memory"]?.reloaded == true)
            #expect(options["uid"]?.value == nil && options["uid"]?.afterRemount == "7")
            try readFilm()

            // A file that is wrong changes nothing, and says why.
            try write(memory: "64M", more: "[log]\nlog = loud")
            let refused = try larder("reload", view)
            #expect(refused.code == 2, "\(refused)")
            #expect(refused.errors.contains("\(file):8:7:"), "\(refused)")
            // By its name too, as systemd does.
            let refusedByName = try larder("reload", "nas")
            #expect(refusedByName.code == 2 && refusedByName.errors.contains("\(file):8:7:"))
            #expect(try larder("reload", "other").code == 3, "no such view or configuration")
            #expect(try larder("config", "check", "nas").code == 2)
            #expect(try tier("memory").limitBytes == 32 << 20)

            // By the signal, which has nobody to answer: the log says it.
            let pid = try status().pid
            kill(pid, SIGHUP)
            try waitUntil("the log tells of the wrong file") {
                String(decoding: try Calls.contents(log), as: UTF8.self).contains("\(file):8:7:")
            }
            #expect(try tier("memory").limitBytes == 32 << 20)
            try write(memory: "96M")
            kill(pid, SIGHUP)
            try waitUntil("the signal brought the new limit") {
                try tier("memory").limitBytes == 96 << 20
            }
            try readFilm()
            #expect(try larder("unmount", view).isSuccess)
        }

        /// Readers in flight while every limit moves under them get the share's bytes, and no error.
        @Test func bytesStayRightWhileLimitsMove() throws {
            #expect(try larder("mount", "nas", "--background").isSuccess)
            defer { _ = try? larder("unmount", "--lazy", view) }
            // Past the kernel's cache, so that every read is the daemon's.
            let loop = """
                for pass in 1 2 3 4; do
                    dd if="$0" iflag=direct bs=128k status=none | cmp - "$1" || exit 1
                done
                """
            // Each with a file of its own, so that memory has to choose; all there before the first one is looked for.
            let names = (0..<3).map { "film\($0).mkv" }
            for name in names { try TestLibrary.file("\(share)/\(name)", film) }
            let readers = try names.map { name in
                try area.spawn(
                    "reader", "/bin/sh", ["-c", loop, "\(view)/\(name)", "\(share)/\(name)"])
            }
            var rounds = 0
            while rounds < 6 || readers.contains(where: { $0.ended == nil }) {
                let isSmall = rounds % 2 == 0
                try write(
                    memory: isSmall ? "16M" : "256M",
                    more: """
                        [readahead]
                        readahead = "\(isSmall ? "0" : "16M")"
                        strategy = "\(isSmall ? "conservative" : "aggressive")"
                        [requests]
                        lanes = \(isSmall ? 2 : 32)
                        timeout = "\(isSmall ? 20 : 40)s"
                        [freshness]
                        ttl = "\(isSmall ? 6 : 600)s"
                        """)
                let reloaded = try larder("reload", view)
                #expect(reloaded.isSuccess, "\(reloaded)")
                if isSmall { #expect(try tier("memory").limitBytes == 16 << 20) }
                rounds += 1
            }
            for reader in readers {
                #expect(
                    try reader.wait("a reader", within: 60) == .exited(code: 0), "\(reader.output)")
            }
            #expect(try larder("unmount", view).isSuccess)
        }

        /// What was believed for an hour is asked for anew once the file says so.
        @Test func freshnessChangesAtOnce() throws {
            try write(memory: "64M", more: "[freshness]\npropagation = \"1h\"\nttl = \"1h\"")
            #expect(try larder("mount", "nas", "--background").isSuccess)
            defer { _ = try? larder("unmount", "--lazy", view) }
            func names() throws -> [String] {
                try area.guarded("list") { try Calls.names(view).map { "\($0)" } }
            }
            let before = try names()
            try TestLibrary.file("\(share)/new.txt", [1])
            #expect(try names() == before, "it is believed")
            try write(memory: "64M", more: "[freshness]\npropagation = \"0\"\nttl = \"1s\"")
            #expect(try larder("reload", view).isSuccess)
            #expect(try names().count == before.count + 1)
            #expect(try larder("unmount", view).isSuccess)
        }

        @Test func withoutAFileThereIsNothingToReload() throws {
            let mounted = try larder(
                "mount", share, view, "--background", "-o", "cache=\(area.path("cache"))")
            #expect(mounted.isSuccess, "\(mounted)")
            defer { _ = try? larder("unmount", "--lazy", view) }
            let reloaded = try larder("reload", view)
            #expect(reloaded.code == 3, "\(reloaded)")
            // The file's own paths do not count where others are typed; its options do.
            #expect(try larder("unmount", view).isSuccess)
            let typed = try larder(
                "mount", share, view, "--background", "-o", "config=\(file),memory=64M")
            #expect(typed.isSuccess, "\(typed)")
            #expect(try tier("memory").limitBytes == 64 << 20)
            #expect(try tier("disk").limitBytes == 256 << 20)
            #expect(try larder("unmount", view).isSuccess)
            #expect(try larder("config", "show", "nas").code == 3, "not mounted")
        }

        @Test func wrongFilesDoNotMount() throws {
            try write(memory: "128M", more: "ttl = \"1m\"")
            let refused = try larder("mount", "nas", "--background")
            #expect(refused.code == 2, "\(refused)")
            #expect(refused.errors.contains("\(file):7:1:"), "\(refused)")
            #expect(refused.errors.contains("'ttl' belongs in [freshness]"), "\(refused)")
            #expect(try larder("mount", "nosuch").code == 1)
            #expect(area.mounts == [])
        }
    }
}
