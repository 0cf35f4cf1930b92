/// The bytes of a TOML text with its lines, held to bounds before the parser sees them.
///
/// toml11 recurses for each level of nesting and looks through the whole line for each value: without bounds, a
/// hostile text of some kilobytes would use up the stack or hours. And on a string that is not UTF-8, version 3.7 reads
/// beyond its buffer.
struct TOMLText {
    static let bytesMax = 256 << 10
    static let lineBytesMax = 4096
    static let depthMax = 16
    /// Keys, sections and elements of arrays.
    static let valuesMax = 1024

    let bytes: [UInt8]
    /// Where each line begins.
    private let lines: [Int]

    init(_ bytes: [UInt8]) throws(TOMLError) {
        guard bytes.count <= Self.bytesMax else {
            throw TOMLError(
                TOMLPosition(line: 1, column: 1),
                "the file has more than \(Self.bytesMax >> 10) KiB: is it the right one?")
        }
        self.bytes = bytes
        var lines = [0]
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(index + 1)
        }
        self.lines = lines
        try checkLines()
        try checkBytes()
        try checkNesting()
    }

    // MARK: - Places

    /// - Parameter offset: of a byte, or the number of bytes.
    func position(at offset: Int) -> TOMLPosition {
        let offset = min(max(0, offset), bytes.count)
        var low = 0
        var high = lines.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lines[middle] <= offset { low = middle } else { high = middle }
        }
        // Bytes that continue a character are not counted.
        let before = bytes[lines[low]..<offset].count { $0 & 0xC0 != 0x80 }
        return TOMLPosition(line: low + 1, column: before + 1)
    }

    /// - Parameters:
    ///   - line: from 1.
    ///   - column: in bytes, from 1.
    func offset(line: Int, column: Int) -> Int {
        guard lines.indices.contains(line - 1) else { return bytes.count }
        return min(lines[line - 1] + max(0, column - 1), bytes.count)
    }

    func string(at offset: Int, length: Int) -> String {
        let start = min(max(0, offset), bytes.count)
        return String(
            decoding: bytes[start..<min(bytes.count, start + max(0, length))], as: UTF8.self)
    }

    /// Where the key of the value at `offset` begins; `offset` itself for sections and elements of arrays.
    func keyOffset(ofValueAt offset: Int) -> Int {
        var end = skipBlanks(before: offset)
        guard end > 0, bytes[end - 1] == UInt8(ascii: "=") else { return offset }
        end = skipBlanks(before: end - 1)
        guard end > 0 else { return offset }
        let last = bytes[end - 1]
        var start = end - 1
        if last == UInt8(ascii: "\"") || last == UInt8(ascii: "'") {
            while start > 0, bytes[start - 1] != last || isEscaped(start - 1) {
                guard bytes[start - 1] != UInt8(ascii: "\n") else { return offset }
                start -= 1
            }
            return max(0, start - 1)
        }
        while start > 0, Self.isBare(bytes[start - 1]) { start -= 1 }
        return start
    }

    private func skipBlanks(before offset: Int) -> Int {
        var end = min(max(0, offset), bytes.count)
        while end > 0, bytes[end - 1] == UInt8(ascii: " ") || bytes[end - 1] == UInt8(ascii: "\t") {
            end -= 1
        }
        return end
    }

    private func isEscaped(_ offset: Int) -> Bool {
        guard bytes[offset] == UInt8(ascii: "\"") else { return false }
        let slashes = bytes[..<offset].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
        return slashes % 2 == 1
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    // MARK: - Bounds

    private func checkLines() throws(TOMLError) {
        for (line, start) in lines.enumerated() {
            let end = line + 1 < lines.count ? lines[line + 1] : bytes.count
            guard end - start <= Self.lineBytesMax else {
                throw TOMLError(
                    TOMLPosition(line: line + 1, column: 1),
                    "the line has more than \(Self.lineBytesMax) bytes")
            }
        }
    }

    /// UTF-8, without the control characters that TOML forbids.
    private func checkBytes() throws(TOMLError) {
        for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x7F {
            switch byte {
            case UInt8(ascii: "\t"), UInt8(ascii: "\n"): continue
            case UInt8(ascii: "\r") where index + 1 < bytes.count && bytes[index + 1] == 0x0A:
                continue
            default:
                let code = String(byte, radix: 16, uppercase: true)
                throw TOMLError(
                    position(at: index),
                    "a control character (U+00\(code.count < 2 ? "0" : "")\(code)); expected text")
            }
        }
        guard String(validating: bytes, as: UTF8.self) == nil else { return }
        for (line, start) in lines.enumerated() {
            let end = line + 1 < lines.count ? lines[line + 1] : bytes.count
            guard String(validating: bytes[start..<end], as: UTF8.self) == nil else { continue }
            throw TOMLError(
                TOMLPosition(line: line + 1, column: 1), "the line is not UTF-8; expected text")
        }
        throw TOMLError(TOMLPosition(line: 1, column: 1), "the file is not UTF-8; expected text")
    }

    /// Brackets outside of strings and comments, and the parts of dotted keys.
    ///
    /// Where the text is no valid TOML this may count wrongly, but only behind the place where the parser gives up.
    private func checkNesting() throws(TOMLError) {
        var depth = 0
        var dots = 0
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "#"):
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
                continue
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                index = endOfString(at: index)
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            case UInt8(ascii: "."): dots += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "="), UInt8(ascii: ","): dots = 0
            default: break
            }
            guard depth <= Self.depthMax, dots <= Self.depthMax else {
                throw TOMLError(
                    position(at: index), "nested more than \(Self.depthMax) levels deep")
            }
            index += 1
        }
    }

    /// The offset behind the string that begins at `start`; a string of one line ends with its line at the latest.
    private func endOfString(at start: Int) -> Int {
        let quote = bytes[start]
        let isLong = bytes[start...].prefix(3).elementsEqual([quote, quote, quote])
        var index = start + (isLong ? 3 : 1)
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                // Not over the end of a line, which ends a short string whatever stands before it.
                let isLineEnd = index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\n")
                index += isLineEnd && !isLong ? 1 : 2
                continue
            }
            if bytes[index] == UInt8(ascii: "\n"), !isLong { return index }
            guard bytes[index] == quote else {
                index += 1
                continue
            }
            guard isLong else { return index + 1 }
            let run = bytes[index...].prefix { $0 == quote }.count
            // Up to two quotes may stand directly before the three that end it.
            if run >= 3 { return index + min(run, 5) }
            index += run
        }
        return bytes.count
    }
}
