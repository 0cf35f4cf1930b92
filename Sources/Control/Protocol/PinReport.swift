public import Model

/// What is pinned, and how far it has been brought into the cache.
public struct PinReport: Codable, Hashable, Sendable {
    public struct Pin: Codable, Hashable, Sendable {
        public var path: WirePath
        /// Of what was there when it was pinned.
        public var bytes: Int64
        /// nil from a daemon that knows none.
        public var priority: PinPriority?

        public init(path: RelativePath, bytes: Int64, priority: PinPriority?) {
            self.path = WirePath(path)
            self.bytes = bytes
            self.priority = priority
        }
    }

    /// Of the last round through all that is pinned, or of that under way.
    public struct Progress: Codable, Hashable, Sendable {
        public var isAtWork: Bool
        /// All was in the cache at the end of the last round.
        public var isComplete: Bool
        public var files: Int
        /// Of these files.
        public var bytes: Int64
        /// Of these bytes, those that came from the share; the others were there.
        public var fetchedBytes: Int64
        /// Files and folders that could not be brought; they are tried again.
        public var failures: Int
        /// Files that were not brought because all pins together may not hold more.
        public var tooManyFiles: Int

        public init(
            isAtWork: Bool, isComplete: Bool, files: Int, bytes: Int64, fetchedBytes: Int64,
            failures: Int, tooManyFiles: Int
        ) {
            self.isAtWork = isAtWork
            self.isComplete = isComplete
            self.files = files
            self.bytes = bytes
            self.fetchedBytes = fetchedBytes
            self.failures = failures
            self.tooManyFiles = tooManyFiles
        }
    }

    /// So many are named at most.
    public static let namedMax = 1000

    /// Sorted by path.
    public var pins: [Pin]
    /// Of all.
    public var count: Int
    /// What all pins together may hold.
    public var limitBytes: Int64
    /// What earlier mounts had pinned could not be read back.
    public var wasLost: Bool
    /// What the request has pinned, given another priority, or given free.
    public var changed: [WirePath]
    /// The pin that covers what the request was about: its own, or that of the nearest folder above. nil where none does, and
    /// from a daemon that does not say.
    public var covering: Pin?
    public var progress: Progress

    /// - Parameter pins: all of them.
    public init(
        pins: [Pin], limitBytes: Int64, wasLost: Bool, changed: [RelativePath] = [],
        covering: Pin? = nil, progress: Progress
    ) {
        self.pins = Array(pins.prefix(Self.namedMax))
        count = pins.count
        self.limitBytes = limitBytes
        self.wasLost = wasLost
        self.changed = changed.prefix(Self.namedMax).map { WirePath($0) }
        self.covering = covering
        self.progress = progress
    }
}
