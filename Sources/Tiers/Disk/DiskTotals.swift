import Synchronization

/// What is on disk, in numbers: kept by the keeper, read by anybody, stored with each commit of the index.
final class DiskTotals: Sendable {
    private let data: Atomic<Int64>
    private let objects: Atomic<Int64>
    private let chunks: Atomic<Int64>
    private let pack: Atomic<UInt32>
    private let trusted = Atomic(true)

    init(_ record: TierRecord) {
        data = Atomic(record.dataBytes)
        objects = Atomic(record.objectCount)
        chunks = Atomic(record.chunkCount)
        pack = Atomic(record.lastPack)
    }

    /// Bytes of the file system under `objects` and `packs`.
    var dataBytes: Int64 { data.load(ordering: .relaxed) }
    var objectCount: Int64 { objects.load(ordering: .relaxed) }
    var chunkCount: Int64 { chunks.load(ordering: .relaxed) }

    /// Number of the newest pack there ever was.
    var lastPack: UInt32 {
        get { pack.load(ordering: .relaxed) }
        set { pack.store(newValue, ordering: .relaxed) }
    }

    /// Whether a clean end may be recorded: false from the moment that something could not be accounted for.
    var isTrusted: Bool {
        get { trusted.load(ordering: .relaxed) }
        set { trusted.store(newValue, ordering: .relaxed) }
    }

    func add(bytes: Int64 = 0, objects: Int64 = 0, chunks: Int64 = 0) {
        self.data.wrappingAdd(bytes, ordering: .relaxed)
        self.objects.wrappingAdd(objects, ordering: .relaxed)
        self.chunks.wrappingAdd(chunks, ordering: .relaxed)
    }

    func set(bytes: Int64, objects: Int64, chunks: Int64) {
        self.data.store(bytes, ordering: .relaxed)
        self.objects.store(objects, ordering: .relaxed)
        self.chunks.store(chunks, ordering: .relaxed)
    }
}
