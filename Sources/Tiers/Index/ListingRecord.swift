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
            // 0, 1 and the target (length before bytes), or 2 for a name without attributes; 4 more where something is
            // known of extended attributes, which follows.
            let extended: UInt64 = entry.extendedAttributes.isEmpty ? 0 : 4
            if entry.isNameOnly {
                writer.variable(2 | extended)
            } else if let target = entry.linkTarget {
                writer.variable(1 | extended)
                writer.string(target)
            } else {
                writer.variable(extended)
            }
            if extended != 0 { write(entry.extendedAttributes, to: &writer) }
        }
        if !listing.extendedAttributes.isEmpty { write(listing.extendedAttributes, to: &writer) }
        return writer.bytes
    }

    private static func write(_ known: AttributeKnowledge, to writer: inout ByteWriter) {
        writer.variable(UInt64(known.absent.rawValue))
        writer.variable(UInt64(known.unsupported.rawValue))
        writer.variable(UInt64(known.answers.count))
        let answers = known.answers.map { question, answer in
            // No attribute has an empty name.
            if case .value(let name) = question { return (name.bytes, answer) }
            return ([], answer)
        }
        for (name, answer) in answers.sorted(by: { $0.0.lexicographicallyPrecedes($1.0) }) {
            writer.string(name)
            switch answer {
            case .absent: writer.variable(0)
            case .unsupported: writer.variable(1)
            case .value(let value):
                writer.variable(2)
                writer.string(value)
            }
        }
    }

    /// Attributes of one file that are believed.
    private static let answersMax = 4096

    private static func extendedAttributes(from reader: inout ByteReader) -> AttributeKnowledge? {
        var known = AttributeKnowledge()
        known.absent.rawValue = reader.variable(as: UInt8.self)
        known.unsupported.rawValue = reader.variable(as: UInt8.self)
        let count = reader.variable()
        guard !reader.failed, known.isPossible, count <= UInt64(answersMax) else { return nil }
        for _ in 0..<count {
            let name = Name(reader.string())
            let answer: AttributeKnowledge.Answer
            switch reader.variable() {
            case 0: answer = .absent
            case 1: answer = .unsupported
            case 2: answer = .value(reader.string())
            default: return nil
            }
            guard !reader.failed, !name.bytes.contains(0), name.bytes.count <= Name.bytesMax else {
                return nil
            }
            known.answers[name.bytes.isEmpty ? .names : .value(name)] = answer
        }
        return known
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
            let told = reader.variable()
            let kind = told & ~4
            let target = kind == 1 ? reader.string() : nil
            let extended =
                told & 4 == 0 ? AttributeKnowledge() : extendedAttributes(from: &reader)
            // What a directory can hold: a seal only says that the bytes are the written ones.
            guard !reader.failed, name.isPossible, isPossible(attributes), kind <= 2,
                let extended
            else { return nil }
            // Written by a build that believed such shares.
            guard names.insert(name).inserted else { continue }
            entries.append(
                StoredListing.Entry(
                    name: name, attributes: attributes, linkTarget: target, isNameOnly: kind == 2,
                    extendedAttributes: extended))
        }
        let ofDirectory =
            reader.isComplete ? AttributeKnowledge() : extendedAttributes(from: &reader)
        guard let ofDirectory, reader.isComplete else { return nil }
        return StoredListing(
            directory: directory, entries: entries, fetchedAt: fetchedAt, ttl: ttl,
            extendedAttributes: ofDirectory)
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
