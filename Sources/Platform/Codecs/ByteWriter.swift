/// Appends numbers and byte strings in the encoding of all records on the disk: little-endian, fixed width
/// where a field is random (sums, keys), LEB128 where it is mostly small.
public struct ByteWriter {
    @usableFromInline var content: [UInt8] = []

    public var bytes: [UInt8] { content }

    public init(reserving capacity: Int = 64) {
        content.reserveCapacity(capacity)
    }

    @inlinable
    public mutating func fixed<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { content.append(contentsOf: $0) }
    }

    /// 32 bits as IEEE 754 has them.
    public mutating func float(_ number: Float) {
        fixed(number.bitPattern)
    }

    /// 64 bits as IEEE 754 has them.
    public mutating func double(_ number: Double) {
        fixed(number.bitPattern)
    }

    /// Seven bits per byte, lowest first, the top bit says that more follow.
    @inlinable
    public mutating func variable(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            content.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        content.append(UInt8(rest))
    }

    /// Zigzag: small negative numbers stay short.
    public mutating func variable(signed number: Int64) {
        variable(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
    }

    /// The bytes alone, for what reaches to the end of a record.
    public mutating func raw(_ bytes: [UInt8]) {
        content.append(contentsOf: bytes)
    }

    /// Length (variable), then the bytes.
    public mutating func string(_ string: [UInt8]) {
        variable(UInt64(string.count))
        content.append(contentsOf: string)
    }
}
