extension Name {
    /// Equal for names that may be one where case is ignored. Finds what the share is to be asked of, and decides nothing.
    public var caseHash: Int {
        if isLatin { return Self.hash(bytes.lazy.map(Self.upper)) }
        let folded = caseFolded
        // What folds to Latin letters alone is found under their names: the Kelvin sign is a K.
        if folded.utf8.allSatisfy({ $0 < 0x80 }) { return Self.hash(folded.utf8) }
        // By characters and not by bytes: composed and decomposed letters are equal.
        return folded.hashValue
    }

    /// FNV-1a.
    private static func hash(_ bytes: some Sequence<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash)
    }

    private static func upper(_ byte: UInt8) -> UInt8 {
        (0x61...0x7A).contains(byte) ? byte & ~0x20 : byte
    }

    private var isLatin: Bool { bytes.allSatisfy { $0 < 0x80 } }

    private var caseFolded: String {
        String(decoding: bytes, as: UTF8.self).lowercased().uppercased()
    }

    /// Whether it is the other name, in another case of letters from a to z.
    public func differsInLatinCase(from other: Name) -> Bool {
        bytes != other.bytes && bytes.count == other.bytes.count
            && zip(bytes, other.bytes).allSatisfy { Self.upper($0) == Self.upper($1) }
    }

    /// Whether it may be the other name where case is ignored.
    public func differsInCase(from other: Name) -> Bool {
        if differsInLatinCase(from: other) { return true }
        guard bytes != other.bytes, !isLatin || !other.isLatin else { return false }
        return caseFolded == other.caseFolded
    }

    /// The name with one letter from a to z in the other case, for each of these.
    public var inOtherCases: some Sequence<Name> {
        bytes.indices.lazy.filter { (0x41...0x5A).contains(bytes[$0] & ~0x20) }.map { index in
            var other = bytes
            other[index] ^= 0x20
            return Name(other)
        }
    }
}
