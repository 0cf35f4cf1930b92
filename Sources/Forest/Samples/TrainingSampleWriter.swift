import Platform

/// Writes samples as ``TrainingSampleReader`` reads them, piece by piece: whoever has many need not have them all at once.
public struct TrainingSampleWriter: Sendable {
    private var pending: [UInt8]

    /// - Parameter lookaheadSeconds: what ``TrainingSample/wasRead`` is about.
    public init(lookaheadSeconds: Int64) {
        var header = ByteWriter()
        header.fixed(TrainingSampleFormat.magic)
        header.fixed(TrainingSampleFormat.version)
        header.fixed(lookaheadSeconds)
        header.fixed(UInt8(Feature.count))
        for feature in Feature.allCases { header.string(Array(feature.name.utf8)) }
        pending = header.bytes
    }

    /// In the order of time: a reader that has room for some keeps the last ones.
    public mutating func append(_ sample: TrainingSample) {
        var row = ByteWriter(reserving: TrainingSampleFormat.rowBytes(features: Feature.count))
        row.fixed(sample.seconds)
        row.fixed(sample.bytes)
        row.fixed(UInt8(sample.wasRead ? 1 : 0))
        for value in [
            sample.rulesConfidence, sample.share, sample.opensNextDay, sample.validitySeconds,
        ] {
            row.float(value ?? .nan)
        }
        for value in sample.features.values { row.float(value) }
        pending += row.bytes
    }

    public var pendingBytes: Int { pending.count }

    /// What was appended since the last time, for the end of the file.
    public mutating func take() -> [UInt8] {
        defer { pending = [] }
        return pending
    }
}
