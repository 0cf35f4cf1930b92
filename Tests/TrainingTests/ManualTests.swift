import Forest
import TestSupport
import Testing

@testable import Training

/// larder-train(8) says what the program does, in both directions.
@Suite struct ManualTests {
    @Test func hasEachOption() throws {
        let items = try ManualPage("larder-train.8").section("OPTIONS").items
        let options = TrainerArguments.Option.allCases.map(\.rawValue)
        #expect(Set(items.flatMap(\.names)) == Set(options))
        for option in options { #expect(TrainerUsage.text.contains(option)) }
    }

    @Test func namesTheDefaults() throws {
        let items = try ManualPage("larder-train.8").section("OPTIONS").items
        var words = ["--model", "file"]
        for item in items {
            if let standard = item.standard { words += [try #require(item.names.first), standard] }
        }
        #expect(words.count == 8)
        #expect(try TrainerArguments(words) == TrainerArguments(["--model", "file"]))
    }

    @Test func hasEachExitCode() throws {
        let items = try ManualPage("larder-train.8").section("EXIT STATUS").items
        let codes: [TrainerExit] = [.trained, .failed, .usage, .tooFew]
        #expect(items.flatMap(\.names) == codes.map { "\($0.rawValue)" })
    }

    @Test func wordsAreUnderstood() throws {
        var options = TrainerOptions()
        options.model = "m"
        options.samples = "s"
        options.seed = 7
        options.memoryMax = 1000
        options.parent = 12
        #expect(
            try TrainerArguments([
                "--model", "m", "--samples", "s", "--seed", "7", "--memory", "1000", "--parent",
                "12",
            ]) == .train(options))
        #expect(try TrainerArguments(["--help"]) == .help)
        for words in [["--seed", "-1", "--model", "m"], ["--model"], [], ["m"]] {
            #expect(throws: TrainerArguments.Mistake.self) { try TrainerArguments(words) }
        }
    }
}
