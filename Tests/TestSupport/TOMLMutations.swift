/// Texts for fuzz tests: what people write, broken in ways that programs and hostile people find.
public struct TOMLMutations {
    /// Whole texts that made trouble for parsers, and shapes that exhaust them. Kept for good.
    public static let kept: [[UInt8]] =
        [
            "", "\n", "=", "a", "a =", "a = ", "a = \"", "a = '''", "a = \"\"\"\\", "[", "[[", "[a",
            "[[a]",
            "a = [", "a = {", "a = {b = 1,}", "a.b.c", "a = 1e", "a = 0x",
            "a = 0xfffffffffffffffffff",
            "a = 99999999999999999999", "a = 1e999999999", "a = 1979-05-27T", "a = 1979-13-40",
            "a = \"\\uD800\"", "a = \"\\U00110000\"",
            "a = [\"\"\"x\"\"\"\", [[[[[[[[[[[[[[[[[[[[[[[[[",
            "a = 'x\n", "a = \"\\", "\u{FEFF}a = 1", "a = 1\r\nb = 2\r\n", "[a]\n[a]\n",
            "[a]\nb=1\n[[a]]\n",
            "a = 1\na = 2\n", "a.b = 1\na = 2\n", "\"\" = 1", "'a.b' = 1",
            "a = [1, [2, [3, {b = [4]}]]]",
        ].map { Array($0.utf8) } + [
            // A string that is not UTF-8: version 3.7 of the parser reads beyond its buffer.
            Array("s='x".utf8) + [0xC3] + Array("w='".utf8), [0], Array("a = \"".utf8) + [0, 0x22],
            [0xFF, 0xFE, 0x61, 0x00], Array("a = 1\r".utf8), Array("a = 1\rb = 2".utf8),
            Array(repeating: UInt8(ascii: "["), count: 100_000),
            Array(repeating: UInt8(ascii: "{"), count: 3000),
            Array("a = ".utf8) + Array(repeating: UInt8(ascii: "["), count: 4000),
            Array(String(repeating: "a.", count: 2000).utf8) + Array("a = 1".utf8),
            Array("a = [\n".utf8) + Array(String(repeating: "[\n", count: 20_000).utf8),
            Array(String(repeating: "a", count: 3 << 20).utf8),
            Array(String(repeating: "#\n", count: 100_000).utf8),
            Array((0..<5000).map { "k\($0) = 1\n" }.joined().utf8),
            Array((0..<5000).map { "[k\($0)]\n" }.joined().utf8),
            Array("a = [".utf8) + Array(String(repeating: "1,", count: 2000).utf8)
                + Array("]".utf8),
        ]

    private static let tokens: [[UInt8]] =
        [
            "[", "]", "{", "}", "=", ".", ",", "\"", "'", "\"\"\"", "'''", "\\", "\\u",
            "\\U0010FFFF",
            "\n", "\r\n", "#", "0x", "1e", "_", "-", "inf", "nan", "true", "1979-05-27",
            "T07:32:00Z",
            " ", "[[", "]]", "\u{FEFF}", "9999999999999999999999", "😀", "\\uD800", "\u{1}", "\r",
            "memory", "share", "[tiers]", "\"20G\"",
        ].map { Array($0.utf8) } + [[0], [0xFF], [0xC3]]

    private var generator: SplitMix

    public init(seed: UInt64) {
        generator = SplitMix(seed: seed)
    }

    /// Up to six changes: bytes taken out, put in, turned over, the end cut off, a piece said twice.
    public mutating func mutate(_ text: [UInt8]) -> [UInt8] {
        var mutated = text
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let place = Int.random(in: 0...mutated.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0:
                let end = min(mutated.count, place + Int.random(in: 1...8, using: &generator))
                mutated.removeSubrange(place..<end)
            case 1, 2:
                let token = Int.random(in: 0..<Self.tokens.count, using: &generator)
                mutated.insert(contentsOf: Self.tokens[token], at: place)
            case 3:
                guard place < mutated.count else { continue }
                mutated[place] = UInt8.random(in: 0x20...0x7E, using: &generator)
            case 4:
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    mutated.removeSubrange(place...)
                }
            default:
                let end = min(mutated.count, place + Int.random(in: 1...30, using: &generator))
                mutated.insert(contentsOf: mutated[place..<end], at: place)
            }
        }
        return mutated
    }
}
