import Model
import TestSupport
import Testing

@testable import slowshare

/// slowshare(1) says what the program does, in both directions.
@Suite struct ManualTests {
    @Test func hasEachOption() throws {
        let items = try ManualPage("slowshare.1").section("OPTIONS").items
        let options = Arguments.Option.allCases.filter { $0 != .readyDescriptor }
        #expect(Set(items.flatMap(\.names)) == Set(options.map(\.rawValue)))
    }

    @Test func hasEachCommand() throws {
        let items = try ManualPage("slowshare.1").section("COMMANDS").items
        #expect(
            Set(items.flatMap(\.names)) == Set(ControlCommand.Verb.allCases.map(\.rawValue)))
    }

    @Test func namesTheDefaults() throws {
        let items = try ManualPage("slowshare.1").section("OPTIONS").items
        // What is said to be the default is what comes of saying nothing.
        var words = ["directory", "mountpoint"]
        for item in items {
            if let standard = item.standard { words += [try #require(item.names.first), standard] }
        }
        #expect(words.count == 16)
        #expect(try Arguments(words) == Arguments(["directory", "mountpoint"]))
    }

    @Test func theSummaryHasTheSameOptions() {
        for option in Arguments.Option.allCases where option != .readyDescriptor {
            let isThere = Usage.text.contains(option.rawValue)
            #expect(isThere || option == .shortHelp, "\(option.rawValue)")
        }
    }
}
