/// Name of an object in a disk tier: SHA-256 over share, path and fingerprint.
public struct ObjectKey: Hashable, Sendable {
    /// 32 bytes, as four words so that keys are cheap to hash, compare and copy.
    public var words: (UInt64, UInt64, UInt64, UInt64)

    public init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    public static func == (left: ObjectKey, right: ObjectKey) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)  // already uniformly distributed
    }

    /// Big-endian, the order in which the digest's bytes came.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 32, "a SHA-256 has 32 bytes")
        func word(_ at: Int) -> UInt64 { bytes[at..<at + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        words = (word(0), word(8), word(16), word(24))
    }

    public var bytes: [UInt8] {
        var all: [UInt8] = []
        all.reserveCapacity(32)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                all.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return all
    }

    /// 64 lower-case hexadecimal digits.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// One version of one file, as the tiers know it. Never changes its meaning: a changed file is
/// another object.
public struct ObjectIdentity: Hashable, Sendable {
    public var key: ObjectKey
    /// For people and for eviction by path; the key alone decides identity.
    public var path: RelativePath
    public var fingerprint: Fingerprint
    public var contentType: ContentType
    public var geometry: ChunkGeometry
    /// Racily fresh versions (``Fingerprint/isSettled(asOf:seenFor:)``) stay out of the disk tier.
    public var isPersistent: Bool
    /// What a descriptor that is read must be of besides; nil in views that one user has for himself.
    public var anchor: ObjectAnchor?

    public init(
        key: ObjectKey, path: RelativePath, fingerprint: Fingerprint, contentType: ContentType,
        geometry: ChunkGeometry, isPersistent: Bool, anchor: ObjectAnchor? = nil
    ) {
        self.key = key
        self.path = path
        self.fingerprint = fingerprint
        self.contentType = contentType
        self.geometry = geometry
        self.isPersistent = isPersistent
        self.anchor = anchor
    }

    public static func == (left: ObjectIdentity, right: ObjectIdentity) -> Bool {
        left.key == right.key
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
    }
}
