import Control
import Model
import Platform
import Tiers
import View

/// What is known and what is cached, in the words of the control socket: from memory, the index and the local disk.
extension DaemonControl {
    /// Names in one answer: some tens of milliseconds of the control thread, and well within what an answer may have.
    private static let namesMax = 4096
    private static let filesMax = 4096
    /// How long a look into the index may take.
    private static let indexPatience = Duration.seconds(2)

    func known(_ path: RelativePath, after: Name?) -> ControlResponse {
        let names = view.knownNames(in: path, after: after, atMost: Self.namesMax)
        return .known(KnownBatch(names, at: path, running.inForce.rules))
    }

    func cached(
        _ path: RelativePath, _ tier: CachedBatch.Tier, after: Int64
    ) -> ControlResponse {
        switch tier {
        case .memory:
            let found = view.contentsInMemory(
                below: path, after: UInt64(clamping: after), atMost: Self.filesMax)
            return .cached(CachedBatch(found.files, isMore: found.isMore))
        case .disk: return stored(in: disk, path, after: after, nearer: nil)
        case .storage: return stored(in: storage, path, after: after, nearer: disk)
        }
    }

    /// - Parameter nearer: what it has of that, too, is told.
    private func stored(
        in tier: DiskTier?, _ path: RelativePath, after: Int64, nearer: DiskTier?
    ) -> ControlResponse {
        guard let tier else { return .cached(CachedBatch()) }
        let found = withDeadline(Self.indexPatience, thread: "larder-survey") {
            tier.stored(below: path, after: max(0, after)).map { parts in
                (parts, nearer.map { nearer in parts.parts.map(nearer.alsoStored) })
            }
        }
        guard let found, let (parts, also) = found else {
            return .failed(
                "what is on disk cannot be told now: the cache's index does not answer;"
                    + " `larder status` may say why")
        }
        let files = parts.parts.enumerated().map { place, part in
            CachedBatch.File(
                path: part.identity.path, version: part.row,
                fingerprint: part.identity.fingerprint, cachedBytes: part.bytes,
                inMemoryToo: view.bytesInMemoryToo(of: part, or: also?[place] ?? []))
        }
        return .cached(CachedBatch(files: files, next: parts.next))
    }
}

// MARK: - Verification

extension DaemonControl {
    /// One look: other questions wait for it. A client asks again as often as it takes.
    private static let verificationTime = Duration.milliseconds(40)
    /// How long the disk may take for it.
    private static let verificationPatience = Duration.seconds(5)

    /// The disk tier's cursors are as it gives them; the storage tier comes behind it, with cursors below zero.
    func verify(_ path: RelativePath, after: Int64, sums: Bool) -> VerificationBatch {
        var batch = VerificationBatch()
        let isBehind = after < 0
        guard let tier = isBehind ? storage : disk else { return batch }
        batch.chunksOfAll = [disk, storage].reduce(0) { $0 + ($1?.statistics.chunks ?? 0) }
        let found = withDeadline(Self.verificationPatience, thread: "larder-verify") {
            tier.verify(
                below: path, after: isBehind ? ~after : after, for: Self.verificationTime,
                wantsSums: sums)
        }
        guard let found, let verification = found else {
            let disk = isBehind ? "the storage tier's disk" : "the cache's disk"
            batch.trouble = "\(disk) or its index does not answer; `larder status` may say why"
            return batch
        }
        batch.chunks = verification.chunks
        batch.bytes = verification.bytes
        batch.damaged = verification.damaged.map { .init(path: $0.path, blocks: $0.blocks) }
        batch.damagedRows = verification.damagedRows
        batch.contents = verification.sums.map { identity, blocks in
            .init(
                path: identity.path, fingerprint: identity.fingerprint,
                blocks: blocks.map { [UInt64($0.offset), UInt64($0.length), $0.sum] })
        }
        batch.isBusy = verification.isBusy
        batch.next =
            isBehind
            ? verification.next.map { ~$0 } : verification.next ?? (storage == nil ? nil : ~0)
        return batch
    }
}

extension CachedBatch {
    /// Bytes of paths in one answer, in which each can take six.
    private static let pathBytesMax = 1 << 20

    /// As many of these as there is room for.
    init(_ found: [CachedContents], isMore: Bool) {
        var pathBytes = 0
        let fitting = found.prefix { contents in
            defer { pathBytes += contents.path.bytes.count }
            return pathBytes < Self.pathBytesMax
        }
        let isCut = isMore || fitting.count < found.count
        self.init(
            files: fitting.map {
                File(
                    path: $0.path, version: Int64(clamping: $0.number),
                    fingerprint: $0.fingerprint, cachedBytes: $0.bytes)
            }, next: isCut ? fitting.last.map { Int64(clamping: $0.number) } : nil)
    }
}

extension KnownBatch {
    init(_ names: KnownNames, at path: RelativePath, _ rules: ContentRules) {
        let knowledge: Knowledge =
            switch names.knowledge {
            case .complete: .complete
            case .partial: .partial
            case .other: .other
            case .nothing: .nothing
            }
        self.init(
            knowledge,
            entries: names.entries.map { entry in
                let isItself = knowledge == .other
                return Entry(entry, at: isItself ? path : path.appending(entry.name), rules)
            },
            next: names.isMore ? names.entries.last?.name : nil)
    }
}

extension KnownBatch.Entry {
    fileprivate init(_ entry: KnownNames.Entry, at path: RelativePath, _ rules: ContentRules) {
        let attributes = entry.attributes
        let kind: Kind =
            switch attributes?.kind {
            case .regular: .file
            case .directory: .folder
            case .symbolicLink: .link
            case .some: .other
            case nil: .unknown
            }
        self.init(
            name: entry.name, kind: kind, sizeBytes: kind == .file ? attributes?.size ?? 0 : 0,
            modified: attributes?.modified ?? Timestamp(seconds: 0),
            contentType: kind == .file ? rules.type(of: path, size: attributes?.size ?? 0) : nil)
    }
}
