import Platform

/// The last eight bytes of every index record: XXH3 over all before them, seeded with the place where the
/// record belongs. A flipped bit and a record under the wrong key are noticed alike.
enum SealedRecord {
    /// Kinds of records, mixed into their seeds.
    enum Kind: UInt64 {
        case object = 1
        case chunk = 2
        case usage = 3
        case state = 4
        case listing = 5
        case doubts = 6
        case pins = 7
        case follower = 8
    }

    static let sealSize = 8

    /// - Parameters:
    ///   - first: where the record belongs: a row, an object's seed.
    ///   - second: the rest of it, 0 if there is none.
    static func seed(_ kind: Kind, _ first: UInt64, _ second: UInt64 = 0) -> UInt64 {
        XXH3.hash64(words: kind.rawValue, first, second)
    }

    static func seal(_ writer: ByteWriter, seed: UInt64) -> [UInt8] {
        var sealed = writer
        sealed.fixed(XXH3.hash64(writer.bytes, seed: seed))
        return sealed.bytes
    }

    /// A reader of what was sealed, nil when the seal does not hold.
    static func open(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> ByteReader? {
        guard bytes.count >= sealSize else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - sealSize)])
        let sum = UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: content.count, as: UInt64.self))
        return XXH3.hash64(content, seed: seed) == sum ? ByteReader(content) : nil
    }
}
