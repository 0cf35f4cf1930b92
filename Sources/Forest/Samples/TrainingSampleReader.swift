import Platform

/// Reads what ``TrainingSampleWriter`` wrote, piece by piece as it comes.
///
/// Features that are not known here are passed by; known ones that the file lacks are missing. Nothing in the bytes is
/// believed unchecked.
public struct TrainingSampleReader: Sendable {
    /// Once the header was read.
    public private(set) var lookaheadSeconds: Int64?
    /// What each column means here.
    private var columns: [Feature?] = []
    /// What is left of the last piece: less than a row, or than the header.
    private var rest: [UInt8] = []

    public init() {}

    /// - Parameters:
    ///   - piece: what comes next, of any length.
    ///   - body: is given each sample that is whole by now.
    public mutating func read(
        _ piece: ArraySlice<UInt8>, _ body: (TrainingSample) -> Void
    ) throws(TrainingSampleRefusal) {
        rest += piece
        var used = 0
        if lookaheadSeconds == nil {
            guard let header = try readHeader() else { return }
            used = header
        }
        let width = TrainingSampleFormat.rowBytes(features: columns.count)
        while rest.count - used >= width {
            let row = rest[used..<(used + width)].withUnsafeBytes { fields(ByteReader($0)) }
            body(try checked(row))
            used += width
        }
        rest.removeFirst(used)
    }

    /// After the last piece.
    public func finish() throws(TrainingSampleRefusal) {
        guard lookaheadSeconds != nil, rest.isEmpty else { throw .truncated }
    }

    /// - Returns: its length; nil while it has not come as a whole.
    private mutating func readHeader() throws(TrainingSampleRefusal) -> Int? {
        let header = rest.withUnsafeBytes { Self.header(ByteReader($0)) }
        guard let magic = header.magic else { return nil }
        guard magic == TrainingSampleFormat.magic else { throw .foreign }
        guard let version = header.version else { return nil }
        guard version == TrainingSampleFormat.version else { throw .otherVersion(version) }
        guard let end = header.end else {
            guard rest.count <= TrainingSampleFormat.headerBytesMax else {
                throw .senseless("a header without end")
            }
            return nil
        }
        let lookahead = header.lookaheadSeconds
        guard lookahead > 0, lookahead <= 366 * 86_400 else {
            throw .senseless("a lookahead of \(lookahead) s")
        }
        lookaheadSeconds = lookahead
        columns = header.columns
        return end
    }

    private struct Header {
        /// nil while they have not come.
        var magic: UInt64?
        var version: UInt32?
        var lookaheadSeconds: Int64 = 0
        var columns: [Feature?] = []
        /// Where the rows begin.
        var end: Int?
    }

    private static func header(_ bytes: ByteReader) -> Header {
        var reader = bytes
        var header = Header()
        let magic = reader.fixed(UInt64.self)
        if !reader.failed { header.magic = magic }
        let version = reader.fixed(UInt32.self)
        if !reader.failed { header.version = version }
        header.lookaheadSeconds = reader.fixed()
        for _ in 0..<reader.fixed(UInt8.self) where !reader.failed {
            let name = String(decoding: reader.string(), as: UTF8.self)
            header.columns.append(Feature(name: name))
        }
        if !reader.failed { header.end = reader.position }
        return header
    }

    private func fields(_ bytes: ByteReader) -> (sample: TrainingSample, wasRead: UInt8) {
        var reader = bytes
        let seconds = reader.fixed(Int64.self)
        let bytes = reader.fixed(Int64.self)
        let wasRead = reader.fixed(UInt8.self)
        var labels: [Float?] = []
        for _ in 0..<4 {
            let value = reader.float()
            labels.append(value.isFinite ? value : nil)
        }
        var features = FeatureVector()
        for column in columns {
            let value = reader.float()
            if let column { features[column] = value }
        }
        let sample = TrainingSample(
            seconds: seconds, bytes: bytes, features: features, rulesConfidence: labels[0],
            wasRead: wasRead == 1, share: labels[1], opensNextDay: labels[2],
            validitySeconds: labels[3])
        return (sample, wasRead)
    }

    private func checked(
        _ row: (sample: TrainingSample, wasRead: UInt8)
    ) throws(TrainingSampleRefusal) -> TrainingSample {
        let sample = row.sample
        // Times of some ten thousand years, so that no difference of two overflows.
        guard sample.seconds.magnitude < 1 << 40, sample.bytes >= 0, sample.bytes < 1 << 56,
            row.wasRead <= 1
        else { throw .senseless("a row of \(sample.bytes) bytes at \(sample.seconds) s") }
        guard sample.share.map({ (0...1).contains($0) }) ?? true, sample.opensNextDay ?? 0 >= 0,
            sample.validitySeconds ?? 0 >= 0
        else { throw .senseless("a row that says what cannot have happened") }
        return sample
    }
}
