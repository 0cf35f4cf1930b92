/// Reads what ``ByteWriter`` wrote from bytes that nobody vouches for.
///
/// A read past the end, or a number that does not fit, sets ``failed`` and gives zero; callers check once
/// at the end. Nothing here traps.
///
/// Inlinable: an index has millions of these fields, and a generic function that is called in another module is not
/// specialised there.
public struct ByteReader {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var offset = 0
    @usableFromInline var hasFailed = false

    /// - Parameter bytes: must outlive the reader.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    @inlinable public var position: Int { offset }
    @inlinable public var failed: Bool { hasFailed }
    @inlinable public var remaining: Int { bytes.count - offset }

    /// True when everything was read, and nothing beyond it.
    public var isComplete: Bool { !failed && remaining == 0 }

    @inlinable
    public mutating func fixed<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) -> Number {
        guard let start = take(MemoryLayout<Number>.size) else { return 0 }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
    }

    /// A number of 32 bits as IEEE 754 has it; 0 past the end.
    public mutating func float() -> Float {
        Float(bitPattern: fixed())
    }

    /// A number of 64 bits as IEEE 754 has it; 0 past the end.
    public mutating func double() -> Double {
        Double(bitPattern: fixed())
    }

    @inlinable
    public mutating func variable() -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while !failed, remaining > 0 {
            let byte = bytes[offset]
            offset += 1
            if shift == 63, byte > 1 { break }
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
            shift += 7
            if shift > 63 { break }
        }
        hasFailed = true
        return 0
    }

    @inlinable
    public mutating func variable<Number: FixedWidthInteger>(as type: Number.Type) -> Number {
        guard let number = Number(exactly: variable()) else {
            hasFailed = true
            return 0
        }
        return number
    }

    public mutating func variableSigned() -> Int64 {
        let raw = variable()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    public mutating func string() -> [UInt8] {
        let count = variable()
        guard !failed, count <= UInt64(remaining), let start = take(Int(count)) else {
            hasFailed = true
            return []
        }
        return Array(bytes[start..<position])
    }

    /// - Returns: where `count` bytes start that are passed by; nil where there are not so many.
    @inlinable
    mutating func take(_ count: Int) -> Int? {
        guard !hasFailed, remaining >= count else {
            hasFailed = true
            return nil
        }
        defer { offset += count }
        return offset
    }
}
