/// Reads Universal Binary JSON (ubjson.org, draft 12), with the optimised containers of it that XGBoost writes.
///
/// Numbers are big-endian. Lengths are held against what is left, and containers may lie in one another only so deep.
struct UBJSONReader {
    private static let depthMax = 32

    private let bytes: [UInt8]
    private var offset = 0

    static func value(of bytes: [UInt8]) throws(UBJSONError) -> UBJSONValue {
        var reader = UBJSONReader(bytes: bytes)
        let value = try reader.value(try reader.byte(), depth: 0)
        guard reader.offset == bytes.count else { throw reader.error("bytes left over") }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func error(_ what: String) -> UBJSONError { UBJSONError(offset: offset, what: what) }

    private mutating func byte() throws(UBJSONError) -> UInt8 {
        guard offset < bytes.count else { throw error("ends too early") }
        defer { offset += 1 }
        return bytes[offset]
    }

    private mutating func number<Number: FixedWidthInteger>(
        _ type: Number.Type
    ) throws(UBJSONError) -> Number {
        let width = MemoryLayout<Number>.size
        guard bytes.count - offset >= width else { throw error("ends too early") }
        defer { offset += width }
        return bytes.withUnsafeBytes {
            Number(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
    }

    /// nil: the marker is none of an integer's.
    private mutating func integer(_ marker: UInt8) throws(UBJSONError) -> Int64? {
        switch marker {
        case UInt8(ascii: "i"): Int64(try number(Int8.self))
        case UInt8(ascii: "U"): Int64(try number(UInt8.self))
        case UInt8(ascii: "I"): Int64(try number(Int16.self))
        case UInt8(ascii: "l"): Int64(try number(Int32.self))
        case UInt8(ascii: "L"): try number(Int64.self)
        default: nil
        }
    }

    /// Of a string, or a container whose elements have at least a byte each.
    private mutating func length() throws(UBJSONError) -> Int {
        guard let length = try integer(try byte()), length >= 0,
            length <= Int64(bytes.count - offset)
        else { throw error("a length that cannot be") }
        return Int(length)
    }

    private mutating func text() throws(UBJSONError) -> String {
        let length = try length()
        defer { offset += length }
        return String(decoding: bytes[offset..<(offset + length)], as: UTF8.self)
    }

    private mutating func value(
        _ marker: UInt8, depth: Int
    ) throws(UBJSONError) -> UBJSONValue {
        guard depth <= Self.depthMax else { throw error("too deep") }
        if let integer = try integer(marker) { return .number(Double(integer)) }
        switch marker {
        case UInt8(ascii: "Z"): return .null
        case UInt8(ascii: "T"): return .bool(true)
        case UInt8(ascii: "F"): return .bool(false)
        case UInt8(ascii: "d"): return .number(Double(Float(bitPattern: try number(UInt32.self))))
        case UInt8(ascii: "D"): return .number(Double(bitPattern: try number(UInt64.self)))
        case UInt8(ascii: "C"): return .string(String(UnicodeScalar(try byte())))
        case UInt8(ascii: "S"), UInt8(ascii: "H"): return .string(try text())
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "{"): return try object(depth: depth)
        default: throw error("a type that there is not")
        }
    }

    private func isNext(_ marker: Character) -> Bool {
        offset < bytes.count && marker.asciiValue == bytes[offset]
    }

    private mutating func array(depth: Int) throws(UBJSONError) -> UBJSONValue {
        var type: UInt8?
        if isNext("$") {
            offset += 1
            type = try byte()
            guard isNext("#") else { throw error("a type without a count") }
        }
        guard isNext("#") else {
            var values: [UBJSONValue] = []
            while !isNext("]") { values.append(try value(try byte(), depth: depth + 1)) }
            offset += 1
            return .array(values)
        }
        offset += 1
        let count = try length()
        if let type { return try numbers(type, count, depth: depth) }
        var values: [UBJSONValue] = []
        for _ in 0..<count { values.append(try value(try byte(), depth: depth + 1)) }
        return .array(values)
    }

    private mutating func numbers(
        _ type: UInt8, _ count: Int, depth: Int
    ) throws(UBJSONError) -> UBJSONValue {
        switch type {
        case UInt8(ascii: "d"):
            var values: [Float] = []
            values.reserveCapacity(count)
            for _ in 0..<count { values.append(Float(bitPattern: try number(UInt32.self))) }
            return .floats(values)
        case UInt8(ascii: "D"):
            var values: [Double] = []
            for _ in 0..<count { values.append(Double(bitPattern: try number(UInt64.self))) }
            return .numbers(values)
        case _ where "iUIlL".utf8.contains(type):
            var values: [Int64] = []
            values.reserveCapacity(count)
            for _ in 0..<count {
                guard let value = try integer(type) else { throw error("no integer") }
                values.append(value)
            }
            return .integers(values)
        default: throw error("an array of a type that none is of")
        }
    }

    private mutating func object(depth: Int) throws(UBJSONError) -> UBJSONValue {
        var count: Int?
        if isNext("#") {
            offset += 1
            count = try length()
        }
        var members: [String: UBJSONValue] = [:]
        var read = 0
        while true {
            if let count {
                guard read < count else { break }
            } else if isNext("}") {
                offset += 1
                break
            }
            let key = try text()
            members[key] = try value(try byte(), depth: depth + 1)
            read += 1
        }
        return .object(members)
    }
}
