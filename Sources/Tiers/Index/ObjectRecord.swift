import Model
import Platform

/// What the index keeps of an object: enough to build its identity again.
enum ObjectRecord {
    /// Key (32 bytes), content type u8, binary logarithm of the chunk size u8, size, modified (seconds,
    /// nanoseconds), 0 or 1 and the strict part, path (length before bytes); seal over the row's number.
    static func encoded(_ identity: ObjectIdentity, row: ObjectRow) -> [UInt8] {
        var writer = ByteWriter(reserving: 128)
        let key = identity.key.words
        for word in [key.0, key.1, key.2, key.3] { writer.fixed(word.bigEndian) }
        writer.fixed(identity.contentType.rawValue)
        writer.fixed(UInt8(identity.geometry.chunkSize.trailingZeroBitCount))
        writer.variable(signed: identity.fingerprint.size)
        writer.variable(signed: identity.fingerprint.modified.seconds)
        writer.variable(UInt64(identity.fingerprint.modified.nanoseconds))
        if let strict = identity.fingerprint.strict {
            writer.fixed(UInt8(1))
            writer.variable(signed: strict.changed.seconds)
            writer.variable(UInt64(strict.changed.nanoseconds))
            writer.variable(strict.inode)
        } else {
            writer.fixed(UInt8(0))
        }
        writer.string(identity.path.bytes)
        return SealedRecord.seal(writer, seed: SealedRecord.seed(.object, UInt64(row.number)))
    }

    /// nil for what is no record of this row.
    static func decoded(_ bytes: UnsafeRawBufferPointer, row: ObjectRow) -> ObjectIdentity? {
        let seed = SealedRecord.seed(.object, UInt64(row.number))
        guard var reader = SealedRecord.open(bytes, seed: seed) else { return nil }
        var words: [UInt64] = []
        for _ in 0..<4 { words.append(UInt64(bigEndian: reader.fixed())) }
        guard let type = ContentType(rawValue: reader.fixed()) else { return nil }
        let shift: UInt8 = reader.fixed()
        let size = reader.variableSigned()
        let modified = Timestamp(
            seconds: reader.variableSigned(), nanoseconds: reader.variable(as: UInt32.self))
        var strict: Fingerprint.Strict?
        switch reader.fixed(UInt8.self) {
        case 0: break
        case 1:
            let changed = Timestamp(
                seconds: reader.variableSigned(), nanoseconds: reader.variable(as: UInt32.self))
            strict = Fingerprint.Strict(changed: changed, inode: reader.variable())
        default: return nil
        }
        let path = RelativePath(joined: reader.string())
        guard reader.isComplete, size >= 0,
            shift < 32,
            (ChunkGeometry.chunkSizeMin...ChunkGeometry.chunkSizeMax).contains(1 << shift)
        else { return nil }
        return ObjectIdentity(
            key: ObjectKey(words: (words[0], words[1], words[2], words[3])), path: path,
            fingerprint: Fingerprint(size: size, modified: modified, strict: strict),
            contentType: type, geometry: ChunkGeometry(chunkSize: 1 << shift, fileSize: size),
            isPersistent: true)
    }
}

extension RelativePath {
    /// The inverse of ``RelativePath/bytes``.
    init(joined bytes: [UInt8]) {
        self.init(bytes.split(separator: 0x2F).map { Name(Array($0)) })
    }
}
