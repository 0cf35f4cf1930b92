/// Appends numbers and byte strings in the encoding of all index records: little-endian, fixed width
/// where a field is random (sums, keys), LEB128 where it is mostly small.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int = 64) {
        bytes.reserveCapacity(capacity)
    }

    mutating func fixed<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Seven bits per byte, lowest first, the top bit says that more follow.
    mutating func variable(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Zigzag: small negative numbers stay short.
    mutating func variable(signed number: Int64) {
        variable(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
    }

    /// The bytes alone, for what reaches to the end of a record.
    mutating func raw(_ content: [UInt8]) {
        bytes.append(contentsOf: content)
    }

    /// Length (variable), then the bytes.
    mutating func string(_ string: [UInt8]) {
        variable(UInt64(string.count))
        bytes.append(contentsOf: string)
    }
}
