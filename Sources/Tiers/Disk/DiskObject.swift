public import Model
import Platform
import Synchronization

/// One version of one file, as the disk tier knows it: which blocks of it are on disk, and where.
///
/// What it knows is a part of the index, read in pages of ``chunksPerPage`` chunks as they are asked for.
/// Changes are made by the keeper's thread alone, first here and then in the index. Threads: any.
public final class DiskObject: Sendable {
    /// Chunks whose entries are read from the index together.
    static let chunksPerPage: UInt32 = 64
    /// Pages kept; 1,024 chunks are about 350 KiB.
    private static let pagesMax = 16

    enum Row: Hashable {
        case unknown
        /// Nothing of the object is on disk.
        case absent
        case present(ObjectRow)
    }

    private struct Page {
        var entries: [UInt32: ChunkEntry] = [:]
        /// Changes that the index has not committed yet: until then the page must not be forgotten.
        var pending = 0
    }

    private struct State {
        var row: Row
        var contentType: ContentType
        var pages: [UInt32: Page] = [:]
        /// Chunks on disk in all pages; known once the keeper has asked.
        var chunkCount: Int?
        var compression: CompressionTrial?
        /// Counts changes, so that what was read from the index before a change is not put over it.
        var stamp: UInt64 = 0
    }

    public let identity: ObjectIdentity
    /// Mixed into the checksum of every block and record of this object.
    private let sumSeed: UInt64
    private let state: Mutex<State>

    init(_ identity: ObjectIdentity) {
        self.identity = identity
        let key = identity.key.words
        sumSeed = XXH3.hash64(words: key.0, key.1, key.2, seed: key.3)
        let mayBeStored = identity.isPersistent && identity.geometry.isCacheable
        state = Mutex(
            State(row: mayBeStored ? .unknown : .absent, contentType: identity.contentType))
    }

    /// Blocks of `chunk` that are on disk; nil while the index was not asked (``DiskTier/load`` does that).
    /// O(1), no I/O.
    public func stored(_ chunk: ChunkIndex) -> BlockMask? {
        state.withLock { state in
            if state.row == .absent { return [] }
            guard let page = state.pages[chunk.value / Self.chunksPerPage] else { return nil }
            return page.entries[chunk.value]?.mask ?? []
        }
    }

    /// Seed of a block's checksum, from object, chunk and block: equal bytes elsewhere have another sum.
    func blockSeed(_ chunk: ChunkIndex, _ block: Int) -> UInt64 {
        XXH3.hash64(words: sumSeed, UInt64(chunk.value), UInt64(block))
    }

    /// Seed of the seal on a chunk's record.
    func recordSeed(_ chunk: ChunkIndex) -> UInt64 {
        SealedRecord.seed(.chunk, sumSeed, UInt64(chunk.value))
    }

    /// The identity's, until the file's first bytes have told more.
    var contentType: ContentType { state.withLock { $0.contentType } }

    /// With what is known by now.
    var described: ObjectIdentity {
        var described = identity
        described.contentType = contentType
        return described
    }

    /// - Parameter type: by an identity; one that knows no more than ours changes nothing.
    func learn(_ type: ContentType) {
        guard type != identity.contentType else { return }
        state.withLock { $0.contentType = type }
    }

    /// Whether the whole file fits one block, so that its chunks live in packs.
    var isSmall: Bool { identity.geometry.fileSize <= PackFiles.smallFileMax }

    // MARK: - Reading what is known

    var row: Row { state.withLock { $0.row } }

    enum Lookup {
        case unknown
        case known(ChunkEntry?)
    }

    func entry(_ chunk: ChunkIndex) -> Lookup {
        state.withLock { state in
            if state.row == .absent { return .known(nil) }
            guard let page = state.pages[chunk.value / Self.chunksPerPage] else { return .unknown }
            return .known(page.entries[chunk.value])
        }
    }

    var chunkCount: Int? { state.withLock { $0.row == .absent ? 0 : $0.chunkCount } }

    /// Chunks in the pages at hand.
    var chunksAtHand: [ChunkIndex] {
        state.withLock { state in
            state.row == .absent
                ? [] : state.pages.values.flatMap { $0.entries.keys.map { ChunkIndex($0) } }
        }
    }

    var compression: CompressionTrial? {
        get { state.withLock { $0.compression } }
        set { state.withLock { $0.compression = newValue } }
    }

    // MARK: - Learning from the index

    /// What to hand to ``learn(row:page:entries:since:)``; taken before the index is read.
    var stamp: UInt64 { state.withLock { $0.stamp } }

    /// Takes over what the index says, unless something changed since `stamp`.
    func learn(row: Row, page: UInt32, entries: [UInt32: ChunkEntry], since stamp: UInt64) {
        state.withLock { state in
            guard state.stamp == stamp, state.pages[page] == nil else { return }
            if state.row == .unknown { state.row = row }
            guard state.row == row, case .present = row else { return }
            Self.makeRoom(in: &state)
            state.pages[page] = Page(entries: entries)
        }
    }

    func learn(chunkCount: Int) {
        state.withLock { $0.chunkCount = $0.chunkCount ?? chunkCount }
    }

    private static func makeRoom(in state: inout State) {
        guard state.pages.count >= pagesMax else { return }
        // Any page will do: a reader moves on through the file, and a page is read again in no time.
        if let settled = state.pages.first(where: { $0.value.pending == 0 })?.key {
            state.pages[settled] = nil
        }
    }

    // MARK: - Changes, by the keeper's thread

    func create(_ row: ObjectRow) {
        state.withLock { state in
            state.stamp += 1
            state.row = .present(row)
            state.pages = [:]
            state.chunkCount = 0
        }
    }

    /// Sets or removes the entry of a chunk; ``settle(_:)`` follows when the index has it.
    func set(_ chunk: ChunkIndex, _ entry: ChunkEntry?) {
        state.withLock { state in
            state.stamp += 1
            let page = chunk.value / Self.chunksPerPage
            if state.pages[page] == nil { Self.makeRoom(in: &state) }
            let old = state.pages[page]?.entries[chunk.value]
            state.pages[page, default: Page()].entries[chunk.value] = entry
            state.pages[page]?.pending += 1
            state.chunkCount? += (entry == nil ? 0 : 1) - (old == nil ? 0 : 1)
        }
    }

    /// One change of the chunk is committed. Changes under a row that the object has no more do not count.
    func settle(_ change: ChunkRow) {
        let chunk = change.chunk
        state.withLock { state in
            guard case .present(let row) = state.row, row == change.object else { return }
            let page = chunk.value / Self.chunksPerPage
            if let pending = state.pages[page]?.pending, pending > 0 {
                state.pages[page]?.pending = pending - 1
            }
        }
    }

    /// Nothing is on disk any more.
    func clear() {
        state.withLock { state in
            state.stamp += 1
            state.row = .absent
            state.pages = [:]
            state.chunkCount = 0
        }
    }
}
