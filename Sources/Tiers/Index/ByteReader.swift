/// Reads what ``ByteWriter`` wrote from bytes that nobody vouches for.
///
/// A read past the end, or a number that does not fit, sets ``failed`` and gives zero; callers check once
/// at the end. Nothing here traps.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0
    private(set) var failed = false

    /// - Parameter bytes: must outlive the reader.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var remaining: Int { bytes.count - position }

    /// True when everything was read, and nothing beyond it.
    var isComplete: Bool { !failed && remaining == 0 }

    mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
        let width = MemoryLayout<Number>.size
        guard !failed, remaining >= width else {
            failed = true
            return 0
        }
        defer { position += width }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    mutating func variable() -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while !failed, remaining > 0 {
            let byte = bytes[position]
            position += 1
            if shift == 63, byte > 1 { break }
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
            shift += 7
            if shift > 63 { break }
        }
        failed = true
        return 0
    }

    mutating func variable<Number: FixedWidthInteger>(as type: Number.Type) -> Number {
        guard let number = Number(exactly: variable()) else {
            failed = true
            return 0
        }
        return number
    }

    mutating func variableSigned() -> Int64 {
        let raw = variable()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    mutating func string() -> [UInt8] {
        let count = variable()
        guard !failed, count <= UInt64(remaining) else {
            failed = true
            return []
        }
        defer { position += Int(count) }
        return Array(bytes[position..<position + Int(count)])
    }
}
