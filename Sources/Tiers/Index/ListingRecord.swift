import Model
import Platform

/// Bytes of a listing in the index: length of the content (variable), the content in LZ4, seal over the
/// path. Whatever does not read back exactly is refused.
enum ListingRecord {
    /// Bytes of content that are believed before they are unpacked: 100,000 entries need about 6 MiB.
    static let contentMax = 512 << 20
    /// LZ4 packs at best 255 to 1, so a longer claim is a lie.
    private static let ratioMax = 256

    static func seed(path: [UInt8]) -> UInt64 {
        SealedRecord.seed(.listing, XXH3.hash64(path))
    }

    /// nil when the listing is beyond ``contentMax``.
    static func encoded(_ listing: StoredListing, path: [UInt8]) -> [UInt8]? {
        let content = content(of: listing)
        guard content.count <= contentMax else { return nil }
        var writer = ByteWriter(reserving: content.count / 2 + 32)
        writer.variable(UInt64(content.count))
        let packed = [UInt8](unsafeUninitializedCapacity: LZ4.compressedMax(content.count)) {
            buffer, count in
            count = content.withUnsafeBytes { source in
                LZ4.compress(source, into: UnsafeMutableRawBufferPointer(buffer)) ?? 0
            }
        }
        guard !packed.isEmpty else { return nil }
        writer.raw(packed)
        return SealedRecord.seal(writer, seed: seed(path: path))
    }

    static func decoded(_ bytes: UnsafeRawBufferPointer, path: [UInt8]) -> StoredListing? {
        guard var reader = SealedRecord.open(bytes, seed: seed(path: path)) else { return nil }
        let size = reader.variable()
        guard !reader.failed, size > 0, size <= UInt64(contentMax),
            size <= UInt64(reader.remaining) * UInt64(ratioMax)
        else { return nil }
        let packed = UnsafeRawBufferPointer(
            rebasing: bytes[reader.position..<(reader.position + reader.remaining)])
        var unpacked = 0
        let content = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            unpacked =
                LZ4.decompress(packed, into: UnsafeMutableRawBufferPointer(buffer)) ?? 0
            count = unpacked
        }
        guard unpacked == Int(size) else { return nil }
        return content.withUnsafeBytes { listing(from: $0) }
    }

    private static func content(of listing: StoredListing) -> [UInt8] {
        var writer = ByteWriter(reserving: 64 + listing.entries.count * 64)
        writer.variable(signed: listing.fetchedAt.seconds)
        writer.variable(UInt64(listing.fetchedAt.nanoseconds))
        writer.variable(UInt64(listing.ttl))
        write(listing.directory, to: &writer)
        writer.variable(UInt64(listing.entries.count))
        for entry in listing.entries {
            writer.string(entry.name.bytes)
            write(entry.attributes, to: &writer)
            // 0, 1 and the target (length before bytes), or 2 for a name without attributes.
            if entry.isNameOnly {
                writer.variable(2)
            } else if let target = entry.linkTarget {
                writer.variable(1)
                writer.string(target)
            } else {
                writer.variable(0)
            }
        }
        return writer.bytes
    }

    /// Fewer bytes than this no entry has, so that a count is believed only when it can be true.
    private static let entrySizeMin = 17

    private static func listing(from content: UnsafeRawBufferPointer) -> StoredListing? {
        var reader = ByteReader(content)
        let fetchedAt = Timestamp(
            seconds: reader.variableSigned(), nanoseconds: reader.variable(as: UInt32.self))
        let ttl = reader.variable(as: UInt32.self)
        let directory = attributes(from: &reader)
        let count = reader.variable()
        guard !reader.failed, isPossible(directory),
            count <= UInt64(reader.remaining / entrySizeMin + 1)
        else { return nil }
        var entries: [StoredListing.Entry] = []
        entries.reserveCapacity(Int(count))
        var names = Set<Name>(minimumCapacity: Int(count))
        for _ in 0..<count {
            let name = Name(reader.string())
            let attributes = attributes(from: &reader)
            let kind = reader.variable()
            let target = kind == 1 ? reader.string() : nil
            // What a directory can hold: a seal only says that the bytes are the written ones.
            guard !reader.failed, name.isPossible, isPossible(attributes), kind <= 2 else {
                return nil
            }
            // Written by a build that believed such shares.
            guard names.insert(name).inserted else { continue }
            entries.append(
                StoredListing.Entry(
                    name: name, attributes: attributes, linkTarget: target, isNameOnly: kind == 2))
        }
        guard reader.isComplete else { return nil }
        return StoredListing(
            directory: directory, entries: entries, fetchedAt: fetchedAt, ttl: ttl)
    }

    private static func isPossible(_ attributes: FileAttributes) -> Bool {
        attributes.size >= 0 && attributes.blocks >= 0
    }

    private static func write(_ attributes: FileAttributes, to writer: inout ByteWriter) {
        writer.variable(attributes.device)
        writer.variable(attributes.inode)
        writer.variable(UInt64(attributes.mode))
        writer.variable(UInt64(attributes.linkCount))
        writer.variable(UInt64(attributes.userID))
        writer.variable(UInt64(attributes.groupID))
        writer.variable(attributes.representedDevice)
        writer.variable(signed: attributes.size)
        writer.variable(signed: attributes.blocks)
        writer.variable(UInt64(attributes.blockSize))
        // The other two times are mostly near the modification time: differences stay short.
        writer.variable(signed: attributes.modified.seconds)
        writer.variable(UInt64(attributes.modified.nanoseconds))
        for time in [attributes.accessed, attributes.changed] {
            writer.variable(signed: time.seconds &- attributes.modified.seconds)
            writer.variable(UInt64(time.nanoseconds))
        }
    }

    private static func attributes(from reader: inout ByteReader) -> FileAttributes {
        var attributes = FileAttributes(
            device: reader.variable(), inode: reader.variable(), mode: 0)
        attributes.mode = reader.variable(as: UInt32.self)
        attributes.linkCount = reader.variable(as: UInt32.self)
        attributes.userID = reader.variable(as: UInt32.self)
        attributes.groupID = reader.variable(as: UInt32.self)
        attributes.representedDevice = reader.variable()
        attributes.size = reader.variableSigned()
        attributes.blocks = reader.variableSigned()
        attributes.blockSize = reader.variable(as: UInt32.self)
        let modified = Timestamp(
            seconds: reader.variableSigned(), nanoseconds: reader.variable(as: UInt32.self))
        func time() -> Timestamp {
            Timestamp(
                seconds: reader.variableSigned() &+ modified.seconds,
                nanoseconds: reader.variable(as: UInt32.self))
        }
        attributes.modified = modified
        attributes.accessed = time()
        attributes.changed = time()
        return attributes
    }
}
