/// The forest that weighs what habits expect, in ``HabitStatus``.
public struct ForestStatus: Codable, Hashable, Sendable {
    /// It decides what is brought; else the rules do.
    public var decides: Bool
    /// What it was made of, and how many of those that it was judged by were opened; 0 where there is none.
    public var samples: Int
    public var reads: Int
    /// Seconds since 1970: of the last sample.
    public var upTo: Int64?
    /// Share of the bytes that were read, at equal bytes, less its best rival's.
    public var advantage: Double?
    public var trouble: String?

    public init(
        decides: Bool, samples: Int, reads: Int, upTo: Int64?, advantage: Double?,
        trouble: String?
    ) {
        self.decides = decides
        self.samples = samples
        self.reads = reads
        self.upTo = upTo
        self.advantage = advantage
        self.trouble = trouble
    }
}

/// How habits do, in ``StatusReport``; of this mount.
public struct HabitStatus: Codable, Hashable, Sendable {
    /// Files of which opens are known.
    public var files: Int
    /// The history has been gone through.
    public var isLearned: Bool
    public var warms: Bool
    public var notedEvents: Int
    public var droppedEvents: Int
    /// Files that were fetched before their time, those opened in it, and those that were not.
    public var fetchedFiles: Int
    public var rightFiles: Int
    public var wrongFiles: Int
    public var fetchedBytes: Int64
    public var wastedBytes: Int64
    /// Share of right ones among the latest hundred; 0.8 until ten are known.
    public var accuracy: Double
    public var trouble: String?
    public var restraint: String?
    /// nil: of a daemon that grows none.
    public var forest: ForestStatus?

    public init(
        files: Int, isLearned: Bool, warms: Bool, notedEvents: Int, droppedEvents: Int,
        fetchedFiles: Int, rightFiles: Int, wrongFiles: Int, fetchedBytes: Int64,
        wastedBytes: Int64, accuracy: Double, trouble: String?, restraint: String?,
        forest: ForestStatus? = nil
    ) {
        self.files = files
        self.isLearned = isLearned
        self.warms = warms
        self.notedEvents = notedEvents
        self.droppedEvents = droppedEvents
        self.fetchedFiles = fetchedFiles
        self.rightFiles = rightFiles
        self.wrongFiles = wrongFiles
        self.fetchedBytes = fetchedBytes
        self.wastedBytes = wastedBytes
        self.accuracy = accuracy
        self.trouble = trouble
        self.restraint = restraint
        self.forest = forest
    }
}
