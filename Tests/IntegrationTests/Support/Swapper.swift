import Model
import Platform
import TestSupport
import Testing

/// Runs `Tests/Programs/swapper.c`: an ordinary user who gives names to other people's files and at once does something
/// under these names in a view.
struct Swapper {
    /// Users without a name will do.
    static let ann: UInt32 = 23_001
    static let bob: UInt32 = 23_002

    /// One operation on one kind of victim.
    struct Outcome: CustomStringConvertible {
        var description: String
        /// Neither was the victim's content seen, nor did it change.
        var isFine: Bool { description.hasPrefix("fine ") }
        /// How often the names were exchanged, the operation succeeded, and it was refused; 0 in a run without races.
        var swaps = 0
        var done = 0
        var refused = 0

        init(_ line: Substring) {
            description = String(line)
            let words = line.split(separator: " ")
            func number(after word: String) -> Int {
                guard let at = words.firstIndex(of: Substring(word)), at + 1 < words.count else {
                    return 0
                }
                return Int(words[at + 1]) ?? 0
            }
            swaps = number(after: "swaps")
            done = number(after: "done")
            refused = number(after: "refused")
        }
    }

    private let area: Area
    let program: String

    init(_ area: Area) throws {
        self.area = area
        program = area.path("swapper")
        let source = RealPath.split(#filePath).parent + "/../../Programs/swapper.c"
        let made = try area.run(
            try #require(TestRun.program("gcc")), ["-O1", "-o", program, source])
        try #require(made.isSuccess, "\(made)")
        try Calls.setMode(program, 0o755)
    }

    /// A folder on the share in which everybody may rename, and beside it what a link leads to.
    static func prepare(_ share: String) throws {
        try Calls.makeDirectory("\(share)/d")
        try Calls.setMode("\(share)/d", 0o777)
        try TestLibrary.file("\(share)/private", Array("secret behind a link".utf8))
        try Calls.setMode("\(share)/private", 0o600)
    }

    /// - Parameters:
    ///   - truth: the share as root sees it, prepared.
    ///   - swap: where the names are exchanged.
    ///   - view: which is attacked.
    ///   - maker: where the user makes what is his own.
    ///   - other: to whom victims belong, besides root.
    ///   - rounds: 0 for one exchange before each operation.
    ///   - what: names of operations, each with `:` and a victim if not all are meant; `files` and `folders` stand for
    ///     all of a kind.
    func run(
        truth: String, swap: String, view: String, maker: String, other: UInt32 = bob,
        rounds: Int = 0, _ what: [String]
    ) throws -> [Outcome] {
        let words =
            [truth, swap, view, maker].map { "\($0)/d" }
            + ["\(Self.ann)", "\(other)", "\(rounds)"] + what
        let result = try area.run(program, words, within: 170)
        return try Self.outcomes(result)
    }

    static func outcomes(_ result: CommandResult) throws -> [Outcome] {
        let outcomes = result.output.split(separator: "\n").map(Outcome.init)
        // 1: something was broken, and a line says what.
        try #require(result.code == 0 || result.code == 1, "\(result)")
        try #require(!outcomes.isEmpty, "\(result)")
        return outcomes
    }
}
