public import Model

/// What `larder status` and `larder top` show of Foresight.
public struct ForesightReport: Sendable {
    public var strategy: Strategy
    /// Set by the user; else it moves by itself.
    public var isFixed: Bool
    /// Why less is fetched ahead at the moment, in words; nil while nothing holds it back.
    public var restraint: String?
    /// Bytes per second that may be fetched ahead now; nil for no limit.
    public var rateMax: ByteCount?
    /// Newest first, at most 64.
    public var streams: [StreamReport]
    public var scores: [ScoreReport]
    /// Of all reads in the sliding window.
    public var coverage: Double
    /// Bytes from the share over bytes that readers wanted from it.
    public var trafficRatio: Double
}

/// A run of reads that belong together.
public struct StreamReport: Sendable {
    public var file: FileNumber
    public var program: String
    /// `sequential`, `backward`, `strided` or `new`.
    public var pattern: String
    /// 0 ... 1.
    public var confidence: Double
    /// Where the next read is expected, in bytes.
    public var position: Int64
    public var fileSize: Int64
    /// Bytes between starts of reads; 0 unless strided.
    public var stride: Int64
    /// Bytes wanted ahead, and bytes that are fetched ahead.
    public var window: Int64
    public var ahead: Int64
    /// Bytes per second that the reader consumes.
    public var rate: Double
    public var reads: Int
    /// Since the last read.
    public var idle: Duration
}

/// One row of the scorecard; bytes are of the last 1000 predictions.
public struct ScoreReport: Sendable {
    public var reason: PrefetchReason
    public var predictions: Int
    public var issued: Int64
    public var usedInTime: Int64
    public var usedLate: Int64
    public var unused: Int64
    public var inFlight: Int64
    /// Used over issued without what is in flight; nil before anything is known.
    public var accuracy: Double?
    /// Predictions of which something was used, over those that ended.
    public var precision: Double?
    /// Used over what readers wanted and Foresight could have had for this reason.
    public var recall: Double?
    /// `full`, `capped`, `capped hard` or `off`.
    public var trust: String
}

/// What `larder explain PATH` tells of one file.
public struct FileExplanation: Sendable {
    /// One thing that was decided, in words.
    public struct Decision: Sendable {
        public var at: Duration
        public var reason: PrefetchReason
        /// Which pattern made us, for a person: "forward, 12 reads, 3.1 MB/s".
        public var because: String
        public var range: Range<Int64>
        public var issued: Int64
        public var used: Int64
        /// `waiting`, `in flight`, `ready`, `used`, `used late`, `unused`, `cancelled` or `already there`.
        public var outcome: String
    }

    /// Opens and reads that were seen.
    public var opens: Int
    public var reads: Int
    /// The file's reads as a whole, in words: "sequential", "random", "two streams", with its confidence.
    public var pattern: String
    public var confidence: Double
    /// Of the steps between reads: `1 / (1 + cv)` and `min(1, sd / (|mean| + 1))`.
    public var consistency: Double
    public var randomness: Double
    public var streams: [StreamReport]
    /// Newest first, at most 32.
    public var decisions: [Decision]
    /// A sweep through the file's folder, in words; nil where none is seen.
    public var sweep: String?
}
