/// Reads a trace as CSV, piece by piece as it comes from a file or a decompressor.
///
/// Two headers are known: `time_s,file_or_volume_id,offset_bytes,length_bytes,op` and, for what a file system's
/// clients did, `time_s,file_id,offset_bytes,length_bytes,op,reader,handle`. Anything else is refused with its
/// line: a replay of half a trace would give figures that look right.
public struct TraceParser: Sendable {
    /// Positions are kept in one number with the file: 4 PiB and four million files.
    static let offsetMax: Int64 = 1 << 52
    static let filesMax = 1 << 22
    static let lineBytesMax = 4096

    static let blockHeader = "time_s,file_or_volume_id,offset_bytes,length_bytes,op"
    static let clientHeader = "time_s,file_id,offset_bytes,length_bytes,op,reader,handle"

    private let path: String
    private var trace: Trace
    private var line = 0
    private var carry: [UInt8] = []
    private var fileNumbers: [UInt64: UInt32] = [:]
    private var readerNumbers: [[UInt8]: UInt32] = [:]
    private var lastReader: (text: [UInt8], number: UInt32) = ([], 0)
    private var lastFile: (id: UInt64, number: UInt32)?

    /// - Parameters:
    ///   - name: what the report calls the trace.
    ///   - path: named in errors.
    public init(name: String, path: String) {
        trace = Trace(name: name)
        self.path = path
    }

    /// Takes the next bytes of the file in; a line may go on in the next piece.
    public mutating func append(_ bytes: ArraySlice<UInt8>) throws(TraceError) {
        var rest = bytes
        while let newline = rest.firstIndex(of: 0x0A) {
            if carry.isEmpty {
                try take(rest[rest.startIndex..<newline])
            } else {
                carry += rest[rest.startIndex..<newline]
                let whole = carry
                carry.removeAll(keepingCapacity: true)
                try take(whole[...])
            }
            rest = rest[(newline + 1)...]
        }
        carry += rest
        guard carry.count <= Self.lineBytesMax else {
            line += 1
            throw error("the line is longer than \(Self.lineBytesMax) bytes")
        }
    }

    /// The end of the file. - Returns: the trace.
    public consuming func finish() throws(TraceError) -> Trace {
        if !carry.isEmpty {
            let whole = carry
            carry = []
            try take(whole[...])
        }
        guard line > 0 else { throw error("the file is empty") }
        if !trace.hasReaders { trace.readers = [Trace.Reader(program: "", processID: 1)] }
        return trace
    }

    private func error(_ problem: String) -> TraceError {
        TraceError(path: path, line: line, problem: problem)
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) throws(TraceError) {
        line += 1
        let text = bytes.last == 0x0D ? bytes.dropLast() : bytes
        guard line > 1 else { return try takeHeader(text) }
        var fields = FieldReader(text)
        let at = try nanoseconds(fields.next(), "time_s")
        let id = try number(fields.next(), "the file's number", max: UInt64.max)
        let offset = try number(fields.next(), "offset_bytes", max: UInt64(Self.offsetMax))
        let length = try number(fields.next(), "length_bytes", max: UInt64(UInt32.max))
        let letter = fields.next()
        guard let letter, letter.count == 1, let first = letter.first,
            let operation = TraceEvent.Operation(rawValue: first),
            trace.hasReaders || operation == .read || operation == .write
        else {
            throw error(
                "op is '\(shown(letter))', not one of \(trace.hasReaders ? "R W O C D S" : "R W")")
        }
        guard Int64(offset) + Int64(length) <= Self.offsetMax else {
            throw error("offset_bytes + length_bytes is beyond \(Self.offsetMax)")
        }
        var reader: UInt32 = 0
        var handle: UInt64 = 0
        if trace.hasReaders {
            reader = try self.reader(fields.next())
            handle = try number(fields.next(), "handle", max: UInt64(UInt32.max))
        }
        guard fields.isAtEnd else {
            throw error("more than \(trace.hasReaders ? 7 : 5) fields")
        }
        if let last = trace.events.last, at < last.at {
            throw error("time_s goes backward")
        }
        let file = try self.file(id)
        let event = TraceEvent(
            at: at, offset: Int64(offset), length: UInt32(length), file: file, reader: reader,
            handle: UInt32(handle), operation: operation)
        trace.events.append(event)
        if operation == .read || operation == .write {
            trace.fileEnds[Int(file)] = max(trace.fileEnds[Int(file)], event.end)
        }
    }

    private mutating func takeHeader(_ text: ArraySlice<UInt8>) throws(TraceError) {
        switch String(decoding: text, as: UTF8.self) {
        case Self.blockHeader: trace.hasReaders = false
        case Self.clientHeader: trace.hasReaders = true
        default:
            throw error(
                "not a trace: the first line is neither '\(Self.blockHeader)' nor '\(Self.clientHeader)'"
            )
        }
    }

    private mutating func file(_ id: UInt64) throws(TraceError) -> UInt32 {
        if let lastFile, lastFile.id == id { return lastFile.number }
        if let known = fileNumbers[id] {
            lastFile = (id, known)
            return known
        }
        guard trace.fileIDs.count < Self.filesMax else {
            throw error("more than \(Self.filesMax) files")
        }
        let number = UInt32(trace.fileIDs.count)
        fileNumbers[id] = number
        trace.fileIDs.append(id)
        trace.fileEnds.append(0)
        lastFile = (id, number)
        return number
    }

    private mutating func reader(_ field: ArraySlice<UInt8>?) throws(TraceError) -> UInt32 {
        guard let field else { throw error("reader is missing") }
        if !trace.readers.isEmpty, field.elementsEqual(lastReader.text) { return lastReader.number }
        let text = Array(field)
        if let known = readerNumbers[text] {
            lastReader = (text, known)
            return known
        }
        guard let colon = field.lastIndex(of: 0x3A),
            let pid = Int32(String(decoding: field[(colon + 1)...], as: UTF8.self)), pid >= 0
        else { throw error("reader is '\(shown(field))', not program:pid") }
        let number = UInt32(trace.readers.count)
        trace.readers.append(
            Trace.Reader(
                program: String(decoding: field[..<colon], as: UTF8.self), processID: pid))
        readerNumbers[text] = number
        lastReader = (text, number)
        return number
    }

    // MARK: Fields

    private func shown(_ field: ArraySlice<UInt8>?) -> String {
        field.map { String(decoding: $0.prefix(40), as: UTF8.self) } ?? ""
    }

    private func number(
        _ field: ArraySlice<UInt8>?, _ what: String, max: UInt64
    ) throws(TraceError) -> UInt64 {
        guard let field else { throw error("\(what) is missing") }
        guard let value = Self.decimal(field) else {
            throw error("\(what) is '\(shown(field))', not a whole number from 0 on")
        }
        guard value <= max else { throw error("\(what) is beyond \(max)") }
        return value
    }

    private static func decimal(_ field: ArraySlice<UInt8>) -> UInt64? {
        guard !field.isEmpty, field.count <= 19 else { return nil }
        var value: UInt64 = 0
        for byte in field {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value &* 10 &+ UInt64(byte &- 0x30)
        }
        return value
    }

    /// Seconds with up to nine decimals that count; more are cut off.
    private func nanoseconds(_ field: ArraySlice<UInt8>?, _ what: String) throws(TraceError)
        -> Int64
    {
        guard let field else { throw error("\(what) is missing") }
        let point = field.firstIndex(of: 0x2E) ?? field.endIndex
        let fraction = field[point...].dropFirst()
        guard let seconds = Self.decimal(field[..<point]), seconds < 4_000_000_000,
            point == field.endIndex || !fraction.isEmpty
        else { throw error("\(what) is '\(shown(field))', not a time in seconds") }
        var value: Int64 = 0
        var scale: Int64 = 1_000_000_000
        for byte in fraction {
            guard byte >= 0x30, byte <= 0x39 else {
                throw error("\(what) is '\(shown(field))', not a time in seconds")
            }
            if scale > 1 {
                value = value * 10 + Int64(byte - 0x30)
                scale /= 10
            }
        }
        return Int64(seconds) * 1_000_000_000 + value * scale
    }
}

/// The fields of one line, left to right.
private struct FieldReader {
    private var rest: ArraySlice<UInt8>?

    init(_ line: ArraySlice<UInt8>) {
        rest = line.isEmpty ? nil : line
    }

    var isAtEnd: Bool { rest == nil }

    mutating func next() -> ArraySlice<UInt8>? {
        guard let line = rest else { return nil }
        guard let comma = line.firstIndex(of: 0x2C) else {
            rest = nil
            return line
        }
        rest = line[(comma + 1)...]
        return line[..<comma]
    }
}
