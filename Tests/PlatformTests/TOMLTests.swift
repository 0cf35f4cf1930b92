import Platform
import TestSupport
import Testing

@Suite struct TOMLTests {
    private func parse(_ text: String) throws(TOMLError) -> TOMLValue {
        try TOMLDocument.parse(Array(text.utf8))
    }

    private func entries(_ value: TOMLValue) throws -> [TOMLEntry] {
        guard case .table(let entries) = value.content else {
            throw TOMLError(value.position, "no table")
        }
        return entries
    }

    @Test func everyKindOfValueWithItsPlace() throws {
        let root = try entries(
            parse(
                """
                text = "a\\u00e9\\n"  # comment
                  literal = 'C:\\x'
                "with blank" = true
                number = 0x1F
                half = 2.5
                day = 1979-05-27
                list = [1,
                  "é", 'b']
                """))
        let expected: [(String, TOMLValue.Content, key: (Int, Int), value: (Int, Int))] = [
            ("text", .string("aé\n"), (1, 1), (1, 8)),
            ("literal", .string("C:\\x"), (2, 3), (2, 13)),
            ("with blank", .boolean(true), (3, 1), (3, 16)),
            ("number", .integer(31), (4, 1), (4, 10)),
            ("half", .float, (5, 1), (5, 8)),
            ("day", .time, (6, 1), (6, 7)),
        ]
        for (entry, expected) in zip(root, expected) {
            #expect(entry.key == expected.0)
            #expect(entry.value.content == expected.1)
            #expect(entry.position == TOMLPosition(line: expected.key.0, column: expected.key.1))
            #expect(
                entry.value.position
                    == TOMLPosition(line: expected.value.0, column: expected.value.1))
        }
        guard case .array(let list) = root[6].value.content else {
            Issue.record("no array")
            return
        }
        #expect(list.map(\.content) == [.integer(1), .string("é"), .string("b")])
        // Columns are characters, not bytes: é is two bytes.
        #expect(list[2].position == TOMLPosition(line: 8, column: 8))
        #expect(root[4].value.source == "2.5")
    }

    @Test func sectionsDottedKeysAndInlineTables() throws {
        let root = try entries(parse("a.b = 1\n[t]\nx = {y = 2, 'z' = 3}\n[[list]]\n[[list]]\n"))
        #expect(root.map(\.key) == ["a", "t", "list"])
        let dotted = try entries(root[0].value)
        #expect(dotted.map(\.key) == ["b"])
        #expect(root[1].position == TOMLPosition(line: 2, column: 1))
        let inline = try entries(try entries(root[1].value)[0].value)
        #expect(inline.map(\.key) == ["y", "z"])
        #expect(inline.map(\.position.column) == [6, 13])
        guard case .array(let list) = root[2].value.content else {
            Issue.record("no array")
            return
        }
        #expect(list.count == 2)
    }

    /// Words and columns of toml11 3.7, and of 4: which of them reads is the system's affair.
    @Test(arguments: [
        ("a = 1\nb = 5X\n", 2, [6], ["expected newline, but got 'X'", "newline (LF / CRLF)"]),
        ("size = 20G\n", 1, [10], ["stand in quotes"]),
        ("\n\na = \"open\n", 3, [5, 10], ["not a valid string", "invalid string format"]),
        ("a = yes\n", 1, [5], ["stand in quotes"]),
        ("a = 1\n\n\na = 2\n", 4, [5, 1], ["value defined twice", "value already exists"]),
        ("[t]\n[t]\n", 2, [1], ["table defined twice", "table already defined"]),
        ("foo bar = 3\n", 1, [4, 5], ["invalid character in key", "expected ="]),
        ("a\n", 1, [2], ["missing key-value separator", "expected ="]),
        ("a = \n", 1, [5], ["missing value after '='"]),
        ("a =", 1, [4], ["missing value after '='"]),
        ("a = 012\n", 1, [5, 6], ["leading zero", "invalid digit after an integer"]),
        ("é = 1\n", 1, [1], ["invalid"]),
        ("x = 99999999999999999999\n", 1, [5], ["too large a number"]),
        ("x = 0xFFFFFFFFFFFFFFFF\n", 1, [5], ["too large a number"]),
        ("x = 1\n\u{1}", 2, [1], ["control character (U+0001)"]),
        ("x = 1\0\n", 1, [6], ["control character (U+0000)"]),
        ("x = 1\ry = 2", 1, [6], ["control character (U+000D)"]),
    ])
    func errorsSayWhere(text: String, line: Int, columns: [Int], parts: [String]) {
        do throws(TOMLError) {
            let value = try parse(text)
            Issue.record("accepted as \(value)")
        } catch {
            #expect(error.position.line == line, "\(error)")
            #expect(columns.contains(error.position.column), "\(error)")
            #expect(parts.contains { error.message.contains($0) }, "\(error)")
            #expect(!error.message.contains("\n"))
            #expect(!error.message.contains("toml::"))
        }
    }

    @Test func boundsHoldBeforeTheParserStarts() {
        let refusals: [(text: [UInt8], part: String)] = [
            (Array(repeating: UInt8(ascii: "a"), count: 300 << 10), "more than 256 KiB"),
            (Array("a = '\(String(repeating: "x", count: 5000))'".utf8), "more than 4096 bytes"),
            (Array("a = \(String(repeating: "[", count: 17))".utf8), "nested more than 16"),
            (Array("\(String(repeating: "a.", count: 20))a = 1".utf8), "nested more than 16"),
            (Array((0..<1100).map { "k\($0)=1\n" }.joined().utf8), "too many values"),
            (Array("a = 1\nb = '".utf8) + [0xFF, 0x27], "not UTF-8"),
        ]
        for (text, part) in refusals {
            do throws(TOMLError) {
                _ = try TOMLDocument.parse(text)
                Issue.record("accepted: \(part)")
            } catch {
                #expect(error.message.contains(part), "\(error)")
            }
        }
        // Brackets in strings and comments do not nest.
        let brackets = String(repeating: "[{", count: 40)
        #expect(throws: Never.self) {
            try parse(
                "# \(brackets)\na = \"\(brackets)\\\"\(brackets)\"\nb = '''\n\(brackets)'''''\n")
        }
    }

    @Test(arguments: TOMLMutations.kept.indices) func textsThatMadeTrouble(index: Int) {
        let text = TOMLMutations.kept[index]
        do throws(TOMLError) {
            _ = try TOMLDocument.parse(text)
        } catch {
            #expect(error.position.line >= 1 && !error.message.isEmpty)
        }
    }

    /// Whatever the bytes are: a tree, or an error inside the text; never a crash.
    @Test(arguments: [1, 2, 3] as [UInt64]) func hostileTextsEndInAnError(seed: UInt64) {
        var mutations = TOMLMutations(seed: seed)
        let whole = Array(
            """
            share = "/mnt/ñas"
            view='x'
            n=123_4
            d=1979-05-27T07:32:00Z
            [tiers]
            memory="512M" # c
            a.b.c=1
            arr=[1,
            2,[3.5,inf]]
            inl={x=1,"y z"=[1]}
            [[aot]]
            q=true
            s=\"\"\"a\\u00e9
             b\"\"\"
            l='''x
            ''y'''
            """.utf8)
        var valid = 0
        for _ in 0..<1000 {
            let text = mutations.mutate(whole)
            do throws(TOMLError) {
                _ = try TOMLDocument.parse(text)
                valid += 1
            } catch {
                let lines = text.count { $0 == UInt8(ascii: "\n") } + 1
                #expect((1...(lines + 1)).contains(error.position.line), "\(text)")
                #expect(error.position.column >= 1 && !error.message.isEmpty, "\(text)")
            }
        }
        // Else nothing behind the first checks was tried.
        #expect(valid > 30)
    }
}
