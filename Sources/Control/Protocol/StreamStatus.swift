public import Model

/// A run of reads that belong together, as Foresight sees it.
///
/// Words are strings and not cases: an older `larder` shows what a newer daemon says.
public struct StreamStatus: Codable, Hashable, Sendable {
    /// nil once no name leads to the file any more, and where the path is said elsewhere.
    public var path: WirePath?
    /// Who reads; empty where it is not known.
    public var program: String
    /// `sequential`, `backward`, `strided`, `new`.
    public var pattern: String
    /// 0 ... 1.
    public var confidence: Double
    /// Where the next read is expected.
    public var positionBytes: Int64
    /// Of the file.
    public var sizeBytes: Int64
    /// Between the starts of two reads; 0 unless strided.
    public var strideBytes: Int64
    /// Wanted ahead of the reader.
    public var windowBytes: Int64
    /// Fetched ahead of the reader.
    public var aheadBytes: Int64
    /// What the reader consumes.
    public var bytesPerSecond: Double
    public var reads: Int
    /// Since the last read.
    public var idleSeconds: Double

    public init(
        path: RelativePath?, program: String, pattern: String, confidence: Double,
        positionBytes: Int64, sizeBytes: Int64, strideBytes: Int64 = 0, windowBytes: Int64 = 0,
        aheadBytes: Int64 = 0, bytesPerSecond: Double = 0, reads: Int = 0, idleSeconds: Double = 0
    ) {
        self.path = path.map(WirePath.init)
        self.program = program
        self.pattern = pattern
        self.confidence = confidence
        self.positionBytes = positionBytes
        self.sizeBytes = sizeBytes
        self.strideBytes = strideBytes
        self.windowBytes = windowBytes
        self.aheadBytes = aheadBytes
        self.bytesPerSecond = bytesPerSecond
        self.reads = reads
        self.idleSeconds = idleSeconds
    }
}
