import Model
import Platform
import Replay
import TestSupport
import Testing

@testable import larder

/// The manual says what the program does: in both directions, so that nothing is missing there and nothing is left over.
@Suite struct ManualTests {
    private static let defaults = MountConfiguration(
        sharePath: "", viewPath: "", cacheDirectory: "")

    private func commands() throws -> [(title: String, page: ManualPage)] {
        try ManualPage("larder.1").section("COMMANDS").parts
    }

    @Test func hasEachCommand() throws {
        #expect(Set(try commands().map(\.title)) == Set(CommandName.allCases.map(\.rawValue)))
    }

    @Test(arguments: CommandName.allCases)
    func hasEachOption(command: CommandName) throws {
        let page = try #require(try commands().first { $0.title == command.rawValue }).page
        #expect(Set(page.items.flatMap(\.names)) == KnownOptions.of(command))
    }

    @Test func namesTheDefaultsOfCommands() throws {
        var found: [String: String] = [:]
        for (title, page) in try commands() {
            for item in page.items {
                if let standard = item.standard {
                    found["\(title) \(item.names.joined(separator: " "))"] = standard
                }
            }
        }
        #expect(
            found == [
                "top --interval": TopRequest(view: nil).interval.text,
                "record --names": RecordRequest(view: "").names.rawValue,
                "replay --share": "8ms,100MB",
            ])
        var share = ReplayRequest()
        try share.set("--share", "8ms,100MB")
        #expect(share == ReplayRequest())
    }

    @Test func hasEachMountOption() throws {
        let items = try ManualPage("larder.1").section("MOUNT OPTIONS").items
        #expect(Set(items.flatMap(\.names)) == Set(KnownOptions.ofMounts.map(\.name)))
        for option in KnownOptions.ofMounts {
            let item = try #require(items.first { $0.names.contains(option.name) })
            check(item, option, isSwitchWithout: nil)
        }
    }

    @Test func hasEachKeyOfTheFile() throws {
        let parts = try ManualPage("larder.toml.5").section("KEYS").parts
        let sections = MountOption.Section.allCases.map { "[\($0.rawValue)]" }
        #expect(Set(parts.map(\.title)) == Set(sections + ["In front of the sections"]))
        for (title, page) in parts {
            let options = MountOption.settings.filter { option in
                title == option.section.map { "[\($0.rawValue)]" } ?? "In front of the sections"
            }
            #expect(Set(page.items.flatMap(\.names)) == Set(options.map(\.key)))
            for option in options {
                let item = try #require(page.items.first { $0.names == [option.key] })
                #expect(item.says("Live") == option.isLive, "\(option.name)")
                check(item, option, isSwitchWithout: "false")
            }
        }
    }

    /// - Parameter isSwitchWithout: what stands there as the default of a switch.
    private func check(
        _ item: ManualPage.Item, _ option: MountOption, isSwitchWithout: String?
    ) {
        let isSwitch = option.value == nil
        #expect(
            item.standard == (isSwitch ? isSwitchWithout : option.text(in: Self.defaults)),
            "default of \(option.name)")
        if let value = option.value, case .choice = option.kind {
            let words = value.split(separator: "|").joined(separator: " | ")
            #expect(item.head.hasSuffix("Cm \(words)"), "values of \(option.name)")
        }
    }

    @Test func saysHowItEnds() throws {
        let items = try ManualPage("larder.1").section("EXIT STATUS").items
        let codes = [ExitCode.ok, .failure, .usage, .nothingToDo].map { "\($0.rawValue)" }
        #expect(items.map(\.names) == codes.map { [$0] })
    }

    @Test func hasTheLettersOfTheHelpers() throws {
        let page = try ManualPage("mount.larder.8")
        let known = Set(page.section("OPTIONS").items.flatMap(\.names))
        var letters: Set<String> = ["-o", "-N", "-t"]
        for helper in ["mount.larder", "umount.larder"] {
            let bytes = try FileContents.read(PackageRoot.path("mount/\(helper)"))
            let script = String(decoding: bytes, as: UTF8.self)
            // The one pattern that refuses other letters.
            let pattern = try #require(script.firstMatch(of: /\*\[!([a-z]+)\]\*/)).output.1
            letters.formUnion(pattern.map { "-\($0)" })
            #expect(page.section("SYNOPSIS").contains(".Op Fl \(pattern)"))
        }
        #expect(known == letters)
    }
}
