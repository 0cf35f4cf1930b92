public import Model

/// What is known of one path, as `larder explain --json` prints it. Stable as ``StatusReport`` is.
public struct ExplanationReport: Codable, Hashable, Sendable {
    public static let versionNow = 1

    /// What the view knows without looking at the contents.
    public struct File: Codable, Hashable, Sendable {
        public enum Kind: String, Codable, Hashable, Sendable {
            case file, folder, link, other
        }

        public var kind: Kind
        public var sizeBytes: Int64
        /// `media`, `metadata`, `thumbnail`, `config`, `userData`; nil unless a file.
        public var contentType: String?
        /// Unit of caching of this file; nil unless a file.
        public var chunkBytes: Int64?
        /// `pattern`, `folder`, `extension`, `leadingDot`, `firstBytes`, `nothing`: what the type was recognised by; nil unless a file.
        public var recognisedBy: String?
        /// The pattern, or the format that the first bytes are of.
        public var recognisedAs: String?
        /// `never`, `probe`, `whileItPays`, `always`; nil unless a file.
        public var compression: String?
        /// How likely it must be read to be fetched ahead because of other files; nil: no such condition.
        public var prefetchThreshold: Double?
        /// `memory`, `disk`, `storage`: where files of its type stay in this view; nil unless a file.
        public var tier: String?

        public init(
            kind: Kind, sizeBytes: Int64, contentType: String? = nil, chunkBytes: Int64? = nil,
            recognisedBy: String? = nil, recognisedAs: String? = nil, compression: String? = nil,
            prefetchThreshold: Double? = nil, tier: String? = nil
        ) {
            self.kind = kind
            self.sizeBytes = sizeBytes
            self.contentType = contentType
            self.chunkBytes = chunkBytes
            self.recognisedBy = recognisedBy
            self.recognisedAs = recognisedAs
            self.compression = compression
            self.prefetchThreshold = prefetchThreshold
            self.tier = tier
        }
    }

    /// Something that was fetched ahead, and what came of it.
    public struct Decision: Codable, Hashable, Sendable {
        public var secondsAgo: Double
        /// As in ``ScoreStatus/reason``.
        public var reason: String
        /// Which pattern led to it, in words.
        public var because: String
        public var startBytes: Int64
        /// The first byte behind it.
        public var endBytes: Int64
        /// Of those, what had to be fetched.
        public var issuedBytes: Int64
        public var usedBytes: Int64
        /// `waiting`, `in flight`, `ready`, `used`, `used late`, `unused`, `cancelled`,
        /// `already there`.
        public var outcome: String

        public init(
            secondsAgo: Double, reason: String, because: String, startBytes: Int64,
            endBytes: Int64, issuedBytes: Int64, usedBytes: Int64, outcome: String
        ) {
            self.secondsAgo = secondsAgo
            self.reason = reason
            self.because = because
            self.startBytes = startBytes
            self.endBytes = endBytes
            self.issuedBytes = issuedBytes
            self.usedBytes = usedBytes
            self.outcome = outcome
        }
    }

    /// What was seen of opens and reads, and what followed.
    public struct Seen: Codable, Hashable, Sendable {
        public var opens: Int
        public var reads: Int
        /// The reads as a whole, in words.
        public var pattern: String
        /// 0 ... 1.
        public var confidence: Double
        /// How alike the steps between reads are, 0 ... 1.
        public var consistency: Double
        /// How scattered the steps between reads are, 0 ... 1.
        public var randomness: Double
        /// A walk through the file's folder, in words; nil where none is seen.
        public var sweep: String?
        public var streams: [StreamStatus]
        /// Newest first.
        public var decisions: [Decision]

        public init(
            opens: Int, reads: Int, pattern: String, confidence: Double, consistency: Double,
            randomness: Double, sweep: String? = nil, streams: [StreamStatus] = [],
            decisions: [Decision] = []
        ) {
            self.opens = opens
            self.reads = reads
            self.pattern = pattern
            self.confidence = confidence
            self.consistency = consistency
            self.randomness = randomness
            self.sweep = sweep
            self.streams = streams
            self.decisions = decisions
        }
    }

    /// What is known of when, and after what, people open it.
    public struct Habits: Codable, Hashable, Sendable {
        public struct Pattern: Codable, Hashable, Sendable {
            /// `correlated`, `periodic`, `burst`, `series`.
            public var kind: String
            /// 0 ... 1.
            public var confidence: Double
            public var reason: String
            /// The other file of two.
            public var other: WirePath?

            public init(kind: String, confidence: Double, reason: String, other: RelativePath?) {
                self.kind = kind
                self.confidence = confidence
                self.reason = reason
                self.other = other.map { WirePath($0) }
            }
        }

        public var opens: Int
        /// Seconds since 1970.
        public var lastOpen: Int64
        /// Bytes that are mostly read.
        public var usualBytes: Int64?
        /// That it is wanted again, by how long ago and how often it was opened, and by its patterns: 0 ... 1.
        public var confidence: Double
        /// The surest first.
        public var patterns: [Pattern]

        public init(
            opens: Int, lastOpen: Int64, usualBytes: Int64?, confidence: Double,
            patterns: [Pattern]
        ) {
            self.opens = opens
            self.lastOpen = lastOpen
            self.usualBytes = usualBytes
            self.confidence = confidence
            self.patterns = patterns
        }
    }

    public var version = Self.versionNow
    public var path: WirePath
    /// nil when the view does not know the path: nobody has looked at it.
    public var file: File?
    /// nil when nothing was opened or read there, or longer ago than is remembered.
    public var seen: Seen?
    /// nil where no open of it is known from this mount or before.
    public var habits: Habits?

    public init(
        path: RelativePath, file: File? = nil, seen: Seen? = nil, habits: Habits? = nil
    ) {
        self.path = WirePath(path)
        self.file = file
        self.seen = seen
        self.habits = habits
    }
}
