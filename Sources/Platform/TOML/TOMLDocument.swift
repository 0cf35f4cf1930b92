import CTOML

/// Reads TOML 1.0 through toml11. Whatever the bytes are, the answer is a tree or an error with its place.
public enum TOMLDocument {
    public static let bytesMax = TOMLText.bytesMax

    /// - Returns: the table of the whole text.
    public static func parse(_ bytes: [UInt8]) throws(TOMLError) -> TOMLValue {
        let text = try TOMLText(bytes)
        // The parser needs a line break at the end.
        let input = bytes + [UInt8(ascii: "\n")]
        let parsed = input.withUnsafeBytes {
            larder_toml_parse($0.baseAddress, $0.count, TOMLText.valuesMax)
        }
        guard let parsed else {
            throw TOMLError(TOMLPosition(line: 1, column: 1), "memory is out")
        }
        defer { larder_toml_free(parsed) }
        if let words = larder_toml_error(parsed) {
            throw failure(
                String(cString: words), text,
                line: Int(larder_toml_error_line(parsed)),
                column: Int(larder_toml_error_column(parsed)))
        }
        // The nodes live until `parsed` is freed, and nothing of them is kept: strings are copied.
        let nodes = UnsafeBufferPointer(
            start: larder_toml_nodes(parsed), count: larder_toml_count(parsed))
        return try tree(Array(nodes), text)
    }

    // MARK: - Tree

    private static func tree(
        _ nodes: [larder_toml_node], _ text: TOMLText
    ) throws(TOMLError) -> TOMLValue {
        var children: [[Int]] = Array(repeating: [], count: nodes.count)
        for (index, node) in nodes.enumerated() where node.parent >= 0 {
            children[Int(node.parent)].append(index)
        }
        return try value(0, nodes, children, text)
    }

    private static func value(
        _ index: Int, _ nodes: [larder_toml_node], _ children: [[Int]], _ text: TOMLText
    ) throws(TOMLError) -> TOMLValue {
        guard nodes.indices.contains(index) else {
            throw TOMLError(TOMLPosition(line: 1, column: 1), "there is nothing in it")
        }
        let node = nodes[index]
        let offset = text.offset(line: Int(node.line), column: Int(node.column))
        let position = text.position(at: offset)
        let source = text.string(at: offset, length: Int(node.length))
        let content: TOMLValue.Content
        switch node.kind {
        case LARDER_TOML_STRING: content = .string(string(node.text, node.text_length))
        case LARDER_TOML_INTEGER:
            guard let integer = integer(source), integer == node.integer else {
                throw TOMLError(position, "\(source) is too large a number")
            }
            content = .integer(integer)
        case LARDER_TOML_BOOLEAN: content = .boolean(node.integer != 0)
        case LARDER_TOML_FLOAT: content = .float
        case LARDER_TOML_ARRAY:
            var elements: [TOMLValue] = []
            for child in children[index] {
                elements.append(try value(child, nodes, children, text))
            }
            content = .array(elements)
        case LARDER_TOML_TABLE:
            var entries: [TOMLEntry] = []
            for child in children[index] {
                let found = try value(child, nodes, children, text)
                let place = text.offset(
                    line: Int(nodes[child].line), column: Int(nodes[child].column))
                entries.append(
                    TOMLEntry(
                        key: string(nodes[child].key, nodes[child].key_length),
                        position: text.position(at: text.keyOffset(ofValueAt: place)),
                        value: found))
            }
            // toml11 keeps them in a hash table.
            content = .table(entries.sorted { ($0.position, $0.key) < ($1.position, $1.key) })
        default: content = .time
        }
        return TOMLValue(content: content, position: position, source: source)
    }

    private static func string(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }

    /// toml11 3.7 cuts what does not fit without a word, and our shim has version 4 do so too.
    private static func integer(_ source: String) -> Int64? {
        let digits = source.filter { $0 != "_" }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
            return Int64(digits.dropFirst(2), radix: radix)
        }
        return Int64(digits)
    }

    // MARK: - Errors

    /// From the several lines of toml11 3.7 to one, with the place that its arrow points at (version 4 says one line, and
    /// the place apart):
    /// ```
    /// [error] toml::parse_table: invalid line format
    ///  --> name
    ///    |
    ///  2 | y = 5X
    ///    |      ^--- expected newline, but got 'X'.
    /// ```
    private static func failure(
        _ words: String, _ text: TOMLText, line: Int, column: Int
    ) -> TOMLError {
        let lines = words.split(separator: "\n", omittingEmptySubsequences: false).map(
            Substring.init)
        var offset = text.offset(line: line, column: column)
        var message = String(lines.first ?? "")
        if message.hasPrefix("[error] ") { message.removeFirst(8) }
        if let colon = message.range(of: ": "), message[..<colon].allSatisfy(isFunctionName) {
            message = String(message[colon...].dropFirst(2))
        }
        // Several places may be shown; the last is the one that is wrong.
        for (above, below) in zip(lines, lines.dropFirst()).reversed() {
            guard let arrow = arrow(in: below), let number = number(before: above) else { continue }
            offset = text.offset(line: number, column: arrow.column)
            let comment = arrow.comment.trimmed
            if comment != "here", !comment.isEmpty {
                message += (message.isEmpty ? "" : ": ") + comment
            }
            break
        }
        while message.hasSuffix(".") || message.hasSuffix(" ") { message.removeLast() }
        if message.isEmpty { message = "this is no TOML" }
        if isMissing(at: offset, text) { message = "missing value after '='" }
        if isUnquoted(at: offset, text) {
            message += "; words, sizes and times stand in quotes, like \"20G\""
        }
        return TOMLError(text.position(at: offset), message)
    }

    private static func isFunctionName(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character == "_" || character == ":")
    }

    /// `   |      ^--- comment` or `   | ~~~~ comment`: the column from 1, and what stands behind.
    private static func arrow(in line: Substring) -> (column: Int, comment: Substring)? {
        let rest = line.drop { $0 == " " }
        guard rest.hasPrefix("| ") else { return nil }
        let shaft = rest.dropFirst(2)
        let blanks = shaft.prefix { $0 == " " }.utf8.count
        let tip = shaft.dropFirst(blanks)
        guard tip.first == "^" || tip.first == "~" else { return nil }
        return (blanks + 1, tip.drop { $0 == "^" || $0 == "~" || $0 == "-" })
    }

    /// ` 12 | source`: 12.
    private static func number(before line: Substring) -> Int? {
        let rest = line.drop { $0 == " " }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        return rest.dropFirst(digits.count).hasPrefix(" |") ? Int(digits) : nil
    }

    /// The end of a line where a value should begin: to version 4 that is an unknown value.
    private static func isMissing(at offset: Int, _ text: TOMLText) -> Bool {
        let next = text.bytes[offset...].first ?? UInt8(ascii: "\n")
        guard next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r") else { return false }
        return text.bytes[..<offset].last { $0 != UInt8(ascii: " ") } == UInt8(ascii: "=")
    }

    /// A word where a value should begin, or letters behind a number.
    private static func isUnquoted(at offset: Int, _ text: TOMLText) -> Bool {
        let letters = text.bytes[offset...].first.map { Character(Unicode.Scalar($0)).isLetter }
        guard letters == true, offset > 0 else { return false }
        let before = text.bytes[..<offset].last { $0 != UInt8(ascii: " ") }
        return before.map { $0 == UInt8(ascii: "=") || Character(Unicode.Scalar($0)).isNumber }
            ?? false
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var rest = drop { $0 == " " }
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}

extension String {
    /// Where `part` begins first.
    fileprivate func range(of part: String) -> String.Index? {
        indices.first { self[$0...].hasPrefix(part) }
    }
}
