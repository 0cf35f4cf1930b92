import Model
import Platform
import TestSupport
import Testing

@testable import larder

@Suite struct ConfigurationLocatorTests {
    private func locator(_ existing: String...) -> ConfigurationLocator {
        ConfigurationLocator(
            userDirectory: "/home/me/.config/larder", exists: { existing.contains($0) })
    }

    @Test func theUsersOwnFileWins() throws {
        let both = locator("/home/me/.config/larder/nas.toml", "/etc/larder/nas.toml")
        #expect(try both.path(of: .name("nas")) == "/home/me/.config/larder/nas.toml")
        #expect(
            try locator("/etc/larder/nas.toml").path(of: .name("nas")) == "/etc/larder/nas.toml")
        do throws(CommandError) {
            _ = try locator().path(of: .name("nas"))
            Issue.record("found")
        } catch {
            #expect(error.message.contains("/home/me/.config/larder/nas.toml"))
            #expect(error.message.contains("/etc/larder/nas.toml"))
        }
    }

    @Test func filesOfThisUserAreWhereXDGSaysSo() {
        let variables = ["HOME": "/home/me", "XDG_CONFIG_HOME": "/c"]
        #expect(ConfigurationLocator.userDirectory { variables[$0] } == "/c/larder")
        #expect(
            ConfigurationLocator.userDirectory { $0 == "HOME" ? "/home/me" : nil }
                == "/home/me/.config/larder")
        #expect(ConfigurationLocator.userDirectory { _ in nil } == nil)
    }

    @Test func bareWordsAreNames() {
        #expect(ConfigurationLocator.source("nas") == .name("nas"))
        for file in ["./nas", "/etc/nas", "nas.toml", "..", "a/b"] {
            #expect(ConfigurationLocator.source(file) == .file(file))
        }
    }

    private func mount(_ words: String...) throws(CommandError) -> MountRequest {
        guard
            case .mount(let request) = try CommandParser.parse(
                (["mount"] + words).map { Array($0.utf8) })
        else { throw .failure("no mount") }
        return request
    }

    @Test func mountTakesAConfiguration() throws {
        #expect(try mount("nas").source == .name("nas"))
        #expect(try mount("nas", "-o", "memory=1G").commandLine.count == 1)
        #expect(try mount("--config", "x.toml").source == .file("x.toml"))
        let both = try mount("--config=/x", "/s", "/v")
        #expect(both.source == .file("/x") && both.paths == ["/s", "/v"])
        #expect(try mount("/s", "/v", "-o", "config=/y,ro").source == .file("/y"))
        #expect(
            try mount("/s", "/v", "-o", "config=/y", "--config", "/z").source == .file("/z"))
        #expect(try mount("/s", "/v").source == nil)
        #expect(throws: CommandError.self) { try mount("/s", "--config", "/x") }
        #expect(throws: CommandError.self) { try mount("./nas") }
        // Paths are typed once, so they are in the layers already.
        #expect(try mount("/s", "/v").configuration.viewPath == "/v")
    }

    /// A file on a share that hangs, or that is no file, ends in words.
    @Test func whatCannotBeReadIsSaid() throws {
        let place = try TemporaryDirectory()
        let expected: [(path: String, code: ExitCode, part: String)] = [
            ("\(place.path)/none", .failure, "does not exist"),
            (place.path, .failure, "no regular file"), ("/dev/zero", .failure, "no regular file"),
            (
                try place.file("big.toml", String(repeating: "#\n", count: 140_000)), .usage,
                "256 KiB"
            ),
        ]
        for (path, code, part) in expected {
            do throws(CommandError) {
                _ = try ConfigurationFile.read(path)
                Issue.record("read \(path)")
            } catch {
                #expect(error.code == code && error.message.contains(part), "\(error)")
            }
        }
    }

    @Test func aFileWithoutSharePathsNeedsThem() throws {
        let place = try TemporaryDirectory()
        let path = try place.file("x.toml", "share = \"/s\"\n")
        do throws(CommandError) {
            _ = try mount("--config", path).loaded()
            Issue.record("loaded")
        } catch {
            #expect(error.code == .usage && error.message.contains("\(path):1:1: there is no view"))
        }
        #expect(try mount("/a", "/b", "--config", path).loaded().configuration.sharePath == "/a")
        // What is typed is checked although it is laid over a file.
        #expect(throws: CommandError.self) { try mount("--config", path, "-o", "lanes=1") }
    }
}
