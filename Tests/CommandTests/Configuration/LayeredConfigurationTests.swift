import Control
import Model
import Platform
import TestSupport
import Testing

@testable import larder

@Suite struct LayeredConfigurationTests {
    private func file(_ text: String) throws -> ConfigurationFile {
        try ConfigurationReader.read(Array(text.utf8), path: "/f.toml", home: nil)
    }

    private func layers(_ text: String, _ options: String = "") throws -> LayeredConfiguration {
        let typed = try MountOptionParser.parse([options], source: .file("/f.toml"))
        return try LayeredConfiguration(
            MountRequest.settings(over: file(text), commandLine: typed.commandLine, paths: []))
    }

    private func origin(_ layers: LayeredConfiguration, _ name: String) throws -> SettingOrigin {
        layers.origin(of: try #require(MountOption.named(name)))
    }

    @Test func theCommandLineWins() throws {
        let both = try layers(
            "share = \"/s\"\n[tiers]\nmemory = \"1G\"\ndisk = \"2G\"\n[kernel]\nnoexec = true",
            "memory=256M,exec")
        #expect(both.configuration.memoryLimit == .mebibytes(256))
        #expect(both.configuration.diskLimit == .gibibytes(2))
        #expect(both.configuration.kernelOptions == ["exec"])
        #expect(try origin(both, "memory") == .commandLine)
        #expect(try origin(both, "noexec") == .commandLine)
        #expect(try origin(both, "disk").place == "/f.toml:4:1")
        #expect(try origin(both, "lanes") == .usual)
        let paths = try LayeredConfiguration(
            MountRequest.settings(
                over: file("share = \"/s\"\nview = \"/v\""), commandLine: [], paths: ["/a", "/b"]))
        #expect(paths.configuration.sharePath == "/a")
        #expect(paths.configuration.viewPath == "/b")
    }

    @Test func bandwidthOfTheCommandLineReplacesTheFiles() throws {
        let text = "[readahead]\nbandwidth = \"5MB/s\""
        #expect(try layers(text).configuration.bandwidth.rules.count == 1)
        let both = try layers(text, "bandwidth=1MB/s,bandwidth=08:00-09:00=off")
        #expect(both.configuration.bandwidth.text == "1MB/s;08:00-09:00=off")
    }

    @Test func whatIsInTheFileYieldsWhereItContradicts() throws {
        let strict = try layers("[freshness]\npropagation = \"10s\"", "consistency=strict")
        #expect(strict.configuration.propagationDelay == .zero)
        let short = try layers("[freshness]\npropagation = \"10s\"", "ttl=2s")
        #expect(short.configuration.propagationDelay == .seconds(2))
        #expect(throws: ConfigurationRefusal.self) {
            try layers("[freshness]\nconsistency = \"strict\"", "propagation=1s")
        }
    }

    @Test func changesAreToldFromWhatNeedsARemount() throws {
        let before = try layers("[tiers]\nmemory = \"1G\"\ncache = \"/a\"", "lanes=4")
        let after = try layers(
            "\n[tiers]\nmemory = \"512M\"\ncache = \"/b\"\ndisk = \"0\"\n[requests]\nlanes = 9\n"
                + "[freshness]\nconsistency = \"strict\"\nttl = \"1m\"", "lanes=4")
        let change = ConfigurationChange(from: before, to: after)
        #expect(change.changed.map(\.name) == ["memory", "ttl"])
        #expect(
            change.needsRemount.map(\.name) == ["cache", "disk", "consistency", "propagation"])
        let result = change.result.configuration
        #expect(result.memoryLimit == .mebibytes(512))
        #expect(result.cacheDirectory == "/a")
        #expect(result.diskLimit == .gibibytes(5))
        #expect(result.consistency == .eventual)
        #expect(result.propagationDelay == .seconds(5))
        #expect(result.lanes == 4, "the command line goes on winning")
        #expect(try origin(change.result, "cache").place == "/f.toml:3:1", "as it was read then")
        #expect(try origin(change.result, "memory").place == "/f.toml:3:1")
        // The same again: only what waits for a remount is left.
        let again = ConfigurationChange(from: change.result, to: after)
        #expect(again.changed == [])
        #expect(again.needsRemount == change.needsRemount)
    }

    /// A daemon's side of it, with a file that is edited under it.
    @Test func aReloadIsAllOrNothing() throws {
        let place = try TemporaryDirectory()
        let path = try place.file(
            "nas.toml", "share=\"/s\"\nview=\"/v\"\n[tiers]\nmemory=\"128M\"\n")
        let request = try MountOptionParser.parse(["lanes=4"], source: .file(path)).loaded()
        let running = RunningConfiguration(request, inForce: request.configuration)
        var applied: [MountConfiguration] = []
        func reload() -> ReloadReport {
            running.reload(memoryMax: .gibibytes(4)) { applied.append($0) }
        }
        #expect(reload().changed == [])
        #expect(applied == [], "nothing is done where nothing has changed")

        for broken in [
            "x", "[tiers]\nmemory=\"64K\"", "[tiers]\nmemory=\"5G\"", "[tiers]\nmemory=\"16M\"",
        ] {
            _ = try place.file("nas.toml", broken)
            let refused = reload()
            #expect(refused.outcome == .refused, "\(broken)")
            #expect(refused.problem?.contains(path) == true, "\(refused)")
            #expect(ReloadText.line(refused).contains("nothing has changed"))
        }
        #expect(applied == [])
        #expect(running.inForce == request.configuration)

        _ = try place.file("nas.toml", "share=\"/s\"\nview=\"/w\"\n\n[tiers]\nmemory=\"96M\"\n")
        let report = reload()
        #expect(report.changed == [.init(option: "memory", before: "128M", after: "96M")])
        #expect(report.needsRemount == [.init(option: "view", before: "/v", after: "/w")])
        #expect(applied.map(\.memoryLimit) == [.mebibytes(96)])
        #expect(
            ReloadText.line(report)
                == "read \(path) again: changed memory (128M → 96M); only a remount changes"
                + " view (/v → /w)")
        let shown = running.report
        let memory = try #require(shown.options.first { $0.name == "memory" })
        #expect(memory.value == "96M" && memory.line == 5 && memory.reloaded && memory.live)
        let view = try #require(shown.options.first { $0.name == "view" })
        #expect(view.value == "/v" && view.afterRemount == "/w" && !view.reloaded)
        let lanes = try #require(shown.options.first { $0.name == "lanes" })
        #expect(lanes.origin == .commandLine && lanes.value == "4")
        let text = ConfigCommand.text(shown)
        #expect(text.contains("96M") && text.contains("\(path):5, reloaded"))
        #expect(text.contains("command line") && text.contains("after a remount /w"))
    }

    @Test func withoutAFileThereIsNothingToReload() throws {
        let request = try MountOptionParser.parse([])
        let running = RunningConfiguration(request, inForce: request.configuration)
        #expect(running.reload(memoryMax: .gibibytes(1)) { _ in }.outcome == .noFile)
    }
}
