import Model
import Platform

/// The one row that says how the tier stood when the index was last committed.
struct TierRecord: Hashable, Sendable {
    /// Bytes of the file system under `objects` and `packs`.
    var dataBytes: Int64 = 0
    var objectCount: Int64 = 0
    var chunkCount: Int64 = 0
    /// Age of the eviction policy.
    var age: UInt64 = 0
    /// Number of the newest pack there ever was: rows of an older one must never point into another.
    var lastPack: UInt32 = 0
    /// Whether the tier was closed with nothing left to write, so that the totals can be trusted.
    var isClean = false
    /// Figures that survive restarts, by content type.
    var history: [DiskTierStatistics.History] = ContentType.allCases.map { _ in .init() }

    private static let seed = SealedRecord.seed(.state, 1)

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 256)
        writer.variable(signed: dataBytes)
        writer.variable(signed: objectCount)
        writer.variable(signed: chunkCount)
        writer.variable(age)
        writer.variable(UInt64(lastPack))
        writer.fixed(UInt8(isClean ? 1 : 0))
        writer.variable(UInt64(history.count))
        for figures in history {
            writer.variable(figures.hits)
            writer.variable(figures.misses)
            writer.variable(figures.evictions)
        }
        for figures in history {
            writer.variable(figures.demotions)
            writer.variable(figures.promotions)
            writer.variable(figures.rejections)
            writer.variable(figures.writtenBytes)
            writer.variable(figures.packedBytes)
        }
        return SealedRecord.seal(writer, seed: Self.seed)
    }

    init() {}

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard var reader = SealedRecord.open(bytes, seed: Self.seed) else { return nil }
        dataBytes = max(0, reader.variableSigned())
        objectCount = max(0, reader.variableSigned())
        chunkCount = max(0, reader.variableSigned())
        age = reader.variable()
        lastPack = reader.variable(as: UInt32.self)
        isClean = reader.fixed(UInt8.self) == 1
        guard reader.variable() == UInt64(ContentType.allCases.count) else { return nil }
        history = ContentType.allCases.map { _ in
            .init(hits: reader.variable(), misses: reader.variable(), evictions: reader.variable())
        }
        // Written by a version that did not count more.
        if reader.isComplete { return }
        for type in history.indices {
            history[type].demotions = reader.variable()
            history[type].promotions = reader.variable()
            history[type].rejections = reader.variable()
            history[type].writtenBytes = reader.variable()
            history[type].packedBytes = reader.variable()
        }
        guard reader.isComplete else { return nil }
    }
}
