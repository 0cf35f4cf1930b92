public import Model
import Platform

extension ObjectIdentity {
    /// Builds the identity of one version of a file.
    ///
    /// The key is the SHA-256 over: the format's name, share identity, chunk size, fingerprint and path, each
    /// with its length before it or of fixed length, so that no two inputs have the same bytes. An anchor, where there is
    /// one, follows.
    ///
    /// - Parameters:
    ///   - rules: give its content type and its chunk size,
    ///   - chunkSize: unless it is to have this one.
    ///   - share: identity of the share (``CacheDirectory/open(base:shareIdentity:sharePath:view:)``).
    ///   - now: the wall clock, and
    ///   - seenFor: how long the version has been known, to tell one that may still change unnoticed
    ///     (``Fingerprint/isSettled(asOf:seenFor:)``).
    public static func make(
        share: ObjectKey, path: RelativePath, fingerprint: Fingerprint, rules: ContentRules,
        chunkSize: Int? = nil, anchor: ObjectAnchor? = nil, now: Timestamp,
        seenFor: Duration = .zero
    ) -> ObjectIdentity {
        let type = rules.type(of: path, size: fingerprint.size)
        let geometry = ChunkGeometry(
            chunkSize: chunkSize ?? rules.chunkSize(of: type), fileSize: fingerprint.size)
        var writer = ByteWriter(reserving: 160)
        writer.string(Array("larder object 1".utf8))
        writer.string(share.bytes)
        writer.fixed(UInt32(geometry.chunkSize))
        writer.fixed(fingerprint.size)
        writer.fixed(fingerprint.modified.seconds)
        writer.fixed(fingerprint.modified.nanoseconds)
        if let strict = fingerprint.strict {
            writer.fixed(UInt8(1))
            writer.fixed(strict.changed.seconds)
            writer.fixed(strict.changed.nanoseconds)
            writer.fixed(strict.inode)
        } else {
            writer.fixed(UInt8(0))
        }
        writer.string(path.bytes)
        if let anchor, anchor.inodesLast {
            writer.fixed(UInt8(1))
            writer.fixed(anchor.identity.inode)
        } else if let identity = anchor?.identity {
            writer.fixed(UInt8(2))
            writer.fixed(identity.mode)
            writer.fixed(identity.userID)
            writer.fixed(identity.groupID)
        }
        return ObjectIdentity(
            key: MessageDigest.sha256(writer.bytes), path: path, fingerprint: fingerprint,
            contentType: type, geometry: geometry,
            isPersistent: fingerprint.isSettled(asOf: now, seenFor: seenFor),
            anchor: anchor)
    }
}
