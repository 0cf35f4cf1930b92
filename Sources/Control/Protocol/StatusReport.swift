public import Model

/// The state of one mount, as `larder status --json` prints it.
///
/// Stable within a ``versionNow``: fields are added, never renamed or given another meaning.
/// Counters run since the mount; bytes are bytes, times carry their unit in the name.
public struct StatusReport: Codable, Hashable, Sendable {
    public static let versionNow = 1

    public enum State: String, Codable, Hashable, Sendable {
        /// Share and cache both work.
        case ok
        /// The share does not answer; what is cached stays served.
        case shareUnreachable
        /// The disk tier is out of use; the view works from memory and share.
        case cacheDegraded
    }

    public struct Options: Codable, Hashable, Sendable {
        public var cacheDirectory: String
        public var memoryBytes: Int64
        /// 0: no disk tier.
        public var diskBytes: Int64
        /// nil where there is no storage tier, and from a daemon that does not say it.
        public var storageDirectory: String?
        public var storageBytes: Int64?
        /// Of the cache's file system, left to others; nil from a daemon that does not say it.
        public var freeBytes: Int64?
        public var readaheadBytes: Int64
        public var consistency: Consistency
        public var shareDeadlineSeconds: Double
        public var propagationDelaySeconds: Double
        public var namespaceTTLSeconds: Double
        public var lanes: Int
        public var allowOther: Bool
        public var log: MountConfiguration.Verbosity
    }

    public struct Tier: Codable, Hashable, Sendable {
        /// What a tier has done for files of one content type, over restarts.
        public struct TypeFigures: Codable, Hashable, Sendable {
            /// As in the configuration file.
            public var type: String
            public var hits: Int64
            public var misses: Int64
            public var evictions: Int64
            public var demotions: Int64
            public var promotions: Int64
            public var rejections: Int64
            /// Bytes of files, before compression.
            public var writtenBytes: Int64
            public var savedBytes: Int64

            public init(
                type: String, hits: Int64, misses: Int64, evictions: Int64, demotions: Int64,
                promotions: Int64, rejections: Int64, writtenBytes: Int64, savedBytes: Int64
            ) {
                self.type = type
                self.hits = hits
                self.misses = misses
                self.evictions = evictions
                self.demotions = demotions
                self.promotions = promotions
                self.rejections = rejections
                self.writtenBytes = writtenBytes
                self.savedBytes = savedBytes
            }
        }

        /// `memory`, `disk`, `storage`.
        public var name: String
        public var bytes: Int64
        public var limitBytes: Int64
        /// Chunks (memory) or objects (disk) held.
        public var entries: Int
        public var hits: Int64
        public var misses: Int64
        /// Bytes that reads got from this tier.
        public var servedBytes: Int64
        /// Chunks given up to make room.
        public var evictions: Int64
        /// Chunks not taken, because the tier could not keep up.
        public var dropped: Int64
        /// Blocks whose checksum was wrong; fetched again.
        public var damaged: Int64
        /// Chunks that went to make room and that the next tier was offered; this and what follows is nil for memory, and over restarts.
        public var demotions: Int64?
        /// Times that a chunk was used so much that the tier before this was offered it.
        public var promotions: Int64?
        /// Blocks that were not to be written: more than a day may have.
        public var rejections: Int64?
        /// By LZ4.
        public var savedBytes: Int64?
        public var types: [TypeFigures]?

        public init(
            name: String, bytes: Int64, limitBytes: Int64, entries: Int, hits: Int64 = 0,
            misses: Int64 = 0, servedBytes: Int64 = 0, evictions: Int64 = 0, dropped: Int64 = 0,
            damaged: Int64 = 0
        ) {
            self.name = name
            self.bytes = bytes
            self.limitBytes = limitBytes
            self.entries = entries
            self.hits = hits
            self.misses = misses
            self.servedBytes = servedBytes
            self.evictions = evictions
            self.dropped = dropped
            self.damaged = damaged
        }
    }

    public struct Share: Codable, Hashable, Sendable {
        public var reads: Int64
        public var bytes: Int64
        /// Requests that the share works on now.
        public var inFlight: Int
        /// Requests that wait for a lane.
        public var waiting: Int
        /// Median from request to first byte; nil before the first one.
        public var roundTripMilliseconds: Double?
        /// nil before anything was measured.
        public var bandwidthBytesPerSecond: Double?

        public init(
            reads: Int64 = 0, bytes: Int64 = 0, inFlight: Int = 0, waiting: Int = 0,
            roundTripMilliseconds: Double? = nil, bandwidthBytesPerSecond: Double? = nil
        ) {
            self.reads = reads
            self.bytes = bytes
            self.inFlight = inFlight
            self.waiting = waiting
            self.roundTripMilliseconds = roundTripMilliseconds
            self.bandwidthBytesPerSecond = bandwidthBytesPerSecond
        }
    }

    public struct Namespace: Codable, Hashable, Sendable {
        public var knownFiles: Int
        public var listings: Int
        /// Questions to the share whether something is still as it was.
        public var revalidations: Int64
        /// Names looked up; this and what follows is nil from a daemon that does not say it.
        public var lookups: Int64?
        /// Of those, answered without asking index or share.
        public var cachedLookups: Int64?
        /// Folders that were opened.
        public var listingsOpened: Int64?
        /// Of those, listed without asking the share.
        public var cachedListings: Int64?
        /// Folders listed before anybody opened them.
        public var listingsAhead: Int64?
        /// Entries of listings that were left out: what cannot be a name, and what came twice.
        public var refusedEntries: Int64?
        /// Names of listings whose attributes the share would not give.
        public var unreadableEntries: Int64?

        public init(
            knownFiles: Int = 0, listings: Int = 0, revalidations: Int64 = 0,
            lookups: Int64? = nil, cachedLookups: Int64? = nil, listingsOpened: Int64? = nil,
            cachedListings: Int64? = nil, listingsAhead: Int64? = nil,
            refusedEntries: Int64? = nil, unreadableEntries: Int64? = nil
        ) {
            self.knownFiles = knownFiles
            self.listings = listings
            self.revalidations = revalidations
            self.lookups = lookups
            self.cachedLookups = cachedLookups
            self.listingsOpened = listingsOpened
            self.cachedListings = cachedListings
            self.listingsAhead = listingsAhead
            self.refusedEntries = refusedEntries
            self.unreadableEntries = unreadableEntries
        }
    }

    public struct Readahead: Codable, Hashable, Sendable {
        public var issuedBytes: Int64
        /// Of those, read by somebody afterwards.
        public var usedBytes: Int64
        /// Of those, evicted or left without having been read.
        public var unusedBytes: Int64

        public init(issuedBytes: Int64 = 0, usedBytes: Int64 = 0, unusedBytes: Int64 = 0) {
            self.issuedBytes = issuedBytes
            self.usedBytes = usedBytes
            self.unusedBytes = unusedBytes
        }
    }

    /// How far all folders of the share are known.
    public struct Catalogue: Codable, Hashable, Sendable {
        public enum State: String, Codable, Hashable, Sendable {
            case off, waiting, walking, complete
            /// The share is in use.
            case paused
            /// The share does not answer, or the index takes nothing for now.
            case away
            /// More names than are listed unasked.
            case tooLarge
            /// No room for more listings.
            case indexFull
        }

        public var state: State
        /// Of the round under way, or of the last one.
        public var folders: Int
        public var names: Int
        /// Folders whose names were asked for: they had changed, or were not known.
        public var listed: Int
        /// Folders that could not be listed, or lead back to one above.
        public var skipped: Int
        /// Since the last round came to its end; missing before that, as what follows.
        public var lastRoundSeconds: Double?
        public var lastRoundTookSeconds: Double?
        /// Until the next one begins; missing while one is under way.
        public var nextRoundSeconds: Double?

        public init(
            state: State, folders: Int = 0, names: Int = 0, listed: Int = 0, skipped: Int = 0,
            lastRoundSeconds: Double? = nil, lastRoundTookSeconds: Double? = nil,
            nextRoundSeconds: Double? = nil
        ) {
            self.state = state
            self.folders = folders
            self.names = names
            self.listed = listed
            self.skipped = skipped
            self.lastRoundSeconds = lastRoundSeconds
            self.lastRoundTookSeconds = lastRoundTookSeconds
            self.nextRoundSeconds = nextRoundSeconds
        }
    }

    public var version = Self.versionNow
    /// The `larder` that serves the view.
    public var program: String
    public var sharePath: String
    public var viewPath: String
    public var state: State
    /// In words, when ``state`` is not `ok`.
    public var reason: String?
    /// How long ``state`` has not been `ok`.
    public var troubleSeconds: Double?
    /// Somebody wants the share to be taken for away; nil from a daemon that does not say it.
    public var isOfflineByRequest: Bool?
    public var pid: Int32
    public var uptimeSeconds: Double
    public var options: Options
    public var tiers: [Tier] = []
    public var share = Share()
    public var namespace = Namespace()
    public var readahead = Readahead()
    /// nil from a daemon that does not say it.
    public var catalogue: Catalogue?
    /// nil from a daemon that does not say it.
    public var foresight: ForesightStatus?
    /// nil where no history is kept.
    public var habits: HabitStatus?
    /// Latencies, sizes and queues; nil from a daemon that does not say it.
    public var metrics: [MetricStatus]?

    /// What is known without asking any part of the daemon; the figures are filled in by it.
    public init(
        _ configuration: MountConfiguration, program: String, pid: Int32, uptimeSeconds: Double,
        state: State = .ok, reason: String? = nil, troubleSeconds: Double? = nil
    ) {
        self.program = program
        sharePath = configuration.sharePath
        viewPath = configuration.viewPath
        self.state = state
        self.reason = reason
        self.troubleSeconds = troubleSeconds
        self.pid = pid
        self.uptimeSeconds = uptimeSeconds
        options = Options(configuration)
    }
}

extension StatusReport.Options {
    public init(_ configuration: MountConfiguration) {
        cacheDirectory = configuration.cacheDirectory
        memoryBytes = configuration.memoryLimit.bytes
        diskBytes = configuration.diskLimit.bytes
        if !configuration.storageDirectory.isEmpty {
            storageDirectory = configuration.storageDirectory
            storageBytes = configuration.storageLimit.bytes
        }
        freeBytes = configuration.freeSpaceMin.bytes
        readaheadBytes = configuration.readaheadLimit.bytes
        consistency = configuration.consistency
        shareDeadlineSeconds = configuration.shareDeadline.seconds
        propagationDelaySeconds = configuration.propagationDelay.seconds
        namespaceTTLSeconds = configuration.namespaceTTL.seconds
        lanes = configuration.lanes
        allowOther = configuration.allowOther
        log = configuration.verbosity
    }
}

extension Duration {
    fileprivate var seconds: Double { self / .seconds(1) }
}
