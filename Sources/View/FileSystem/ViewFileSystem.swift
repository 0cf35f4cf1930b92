public import Fuse
public import Metrics
public import Model
public import Platform
public import Share
public import Tiers

public import Foresight
import Synchronization

/// The view: answers the kernel from the namespace and the tiers, and tells the prefetcher of every read.
///
/// **Answers.** libfuse's workers call a method for each request of the kernel's (`fuse_lowlevel.h` has the protocol). What is known is answered at
/// once, by that thread; all else is handed to whoever brings it, a lane of the share's or a thread of a tier, and answered from
/// there. A caller that is killed gets its answer then (`FUSE_INTERRUPT`), and what it began is not done behind what others do since.
///
/// **What the kernel keeps.** Each entry and each set of attributes goes out with a time for which the kernel may answer by itself, as fresh as
/// the share's word was; pages stay from open to open while the version does. What turns out to have changed is told by notices, from a
/// thread that holds no lock (``Invalidator``): the kernel may be waiting for an answer of ours while it takes one.
///
/// **Changes** are made on the share first, on a lane and on the authority of who asks, entered in the node table on the same lane, and answered
/// then. From before the change to after it nothing older is served: not by this file's other names, and not to who asked before
/// (``OpenQuestions``).
///
/// **Several users.** The kernel decides by the attributes that it was told (`default_permissions`). A view that several share decides once more by
/// what is known now, and has the share act as the caller (``Authority``): on the object that was authorised, whatever its name means by then.
///
/// No method touches the share or waits: each either replies at once or leaves the request to be answered by
/// the thread that brings what it needs.
public final class ViewFileSystem: FuseFileSystem {
    public struct Configuration: Sendable {
        public var consistency: Consistency
        public var propagationDelay: Duration
        public var attributeTTL: Duration
        /// Bytes read ahead of one stream, at most; 0 for none.
        public var readahead: ByteCount
        /// Bytes fetched ahead and not read yet, of all readers, at most.
        public var prefetchBudget: ByteCount
        /// nil: moves by itself.
        public var strategy: Strategy?
        /// The kernel refuses every change.
        public var isReadOnly: Bool
        /// What is said of owners and modes; the tables hold what the share says.
        public var shownOwner: ShownOwner
        /// Others than its owner use the view (`allow_other`).
        public var isShared: Bool
        /// In a shared view: for how long what is known of owners and modes may decide.
        public var rightsLifetime: Duration
        /// Whether all folders of the share are listed in the background, and how many per second at most (0: no bound).
        public var catalogue: CatalogueMode
        public var catalogueRate: Int
        /// How files are cut, compressed and fetched ahead, by content type.
        public var rules: ContentRules

        public init(
            consistency: Consistency = .eventual, propagationDelay: Duration = .seconds(5),
            attributeTTL: Duration = .seconds(300), readahead: ByteCount = .mebibytes(32),
            prefetchBudget: ByteCount = .mebibytes(192), strategy: Strategy? = nil,
            isReadOnly: Bool = false, shownOwner: ShownOwner = ShownOwner(),
            isShared: Bool = false, rightsLifetime: Duration = .seconds(60),
            catalogue: CatalogueMode = .off, catalogueRate: Int = 0,
            rules: ContentRules = .usual
        ) {
            self.consistency = consistency
            self.propagationDelay = propagationDelay
            self.attributeTTL = attributeTTL
            self.readahead = readahead
            self.prefetchBudget = prefetchBudget
            self.strategy = strategy
            self.isReadOnly = isReadOnly
            self.shownOwner = shownOwner
            self.isShared = isShared
            self.rightsLifetime = rightsLifetime
            self.catalogue = catalogue
            self.catalogueRate = catalogueRate
            self.rules = rules
        }
    }

    struct Listing: Sendable {
        /// Taken at the opening, and again when reading starts, so that offsets keep their meaning while the folder changes.
        var snapshot: ListingSnapshot
        var isBeingRead = false
        /// By which it was opened, in a view that several share.
        var rights: FileIdentity?
    }

    let configuration: Configuration
    /// Who may do what is decided by ACLs too, here and in the kernel, which asks for that of each file of somebody else.
    ///
    /// A view of one's own does it where asking takes no time: what its user may not do the share refuses him anyway. What is
    /// shown instead of owners and modes is not what ACLs were made for.
    let heedsACLs: Bool
    let share: Share
    let cache: ChunkCache
    /// What outlasts the mount; nil without a disk tier.
    let disk: DiskTier?
    let namespace: Namespace
    /// What is known of names and attributes.
    var nodes: KnownNodes { namespace.nodes }
    let invalidator: Invalidator
    let versions: FileVersions
    let prefetcher: Prefetcher
    /// nil without a disk tier.
    let pinFetcher: PinFetcher?
    /// nil where no history is kept.
    let habits = Mutex<HabitKeeper?>(nil)
    /// Folders that are open; as many as the kernel has handles.
    let directoryHandles = Mutex<[UInt64: Listing]>([:])
    let nextHandle = Atomic<UInt64>(1)
    let clock: any LarderClock
    let log: Log
    let readMetrics: ReadMetrics
    let usage: Mutex<KnownUsage>
    let attributeFlights = AttributeFlights()
    let locks = RecordLocks()
    let fileLocks = FileLocks()
    let waitingLocks: WaitingLocks
    let descriptors: DescriptorBudget
    /// Plans that wait until the read they follow from is well on its way, names that wait to be taken away, and lookups that
    /// do not wait for the share any longer.
    let delays: DelayQueue
    let waitingBytes = WaitingBytes()
    /// Names of which an open has said that they mean something else by now, and when; see ``find(_:for:attempt:completion:)``.
    let replacedPlaces = Mutex(RecentTable<Node.Place, Duration>(capacity: 1024))
    /// What was found and is kept open until the kernel has opened it.
    let heldFiles = Mutex<Set<NodeID>>([])
    /// When open files of nodes had a descriptor closed, by handle.
    let closings = Mutex(RecentTable<NodeID, [UInt64: Duration]>(capacity: 1024))
    let closingWriters: ClosingWriters

    /// - Parameters:
    ///   - root: attributes of the share's root, just asked for.
    ///   - shareIdentity: tells this share's objects from others' in one cache.
    public init(
        configuration: Configuration, share: Share, root: FileAttributes, shareIdentity: ObjectKey,
        cache: ChunkCache, disk: DiskTier?, clock: any LarderClock, log: Log,
        metrics: MetricRegistry = MetricRegistry()
    ) {
        self.configuration = configuration
        let mayBeRefused =
            configuration.isShared
            || ThreadIdentity.ownUserID != 0 && share.attributeNature.isNear
        heedsACLs =
            mayBeRefused && share.attributeNature.lists != .none
            && configuration.shownOwner == ShownOwner()
        // With an owner of its own for everything, all is done by the daemon.
        if configuration.isShared, configuration.shownOwner == ShownOwner() { share.actForOwners() }
        self.share = share
        self.cache = cache
        self.disk = disk
        self.clock = clock
        self.log = log
        readMetrics = ReadMetrics(metrics)
        invalidator = Invalidator()
        waitingLocks = WaitingLocks(clock: clock)
        descriptors = DescriptorBudget(
            limit: OpenFileLimit.current, owner: ThreadIdentity.ownUserID)
        delays = DelayQueue(clock: clock)
        closingWriters = ClosingWriters(clock: clock, delays: delays)
        let rules = FreshnessRules(
            consistency: configuration.consistency,
            propagationDelay: configuration.propagationDelay,
            attributeTTL: configuration.attributeTTL,
            rightsLifetime: configuration.isShared ? configuration.rightsLifetime : nil)
        namespace = Namespace(
            share: share, root: root, isShared: configuration.isShared, rules: rules, cache: cache,
            disk: disk, invalidator: invalidator, delays: delays, clock: clock, log: log)
        versions = FileVersions(
            namespace: namespace, cache: cache, share: share, shareIdentity: shareIdentity,
            rules: configuration.rules, consistency: configuration.consistency,
            isShared: configuration.isShared, clock: clock)
        prefetcher = Prefetcher(
            Foresight.Configuration(
                strategy: configuration.strategy, windowMax: configuration.readahead,
                budget: configuration.prefetchBudget,
                thresholds: configuration.rules.prefetchThresholds),
            rules: configuration.rules, namespace: namespace, cache: cache, versions: versions,
            share: share, delays: delays, clock: clock)
        let (versions, nodes, prefetcher) = (versions, namespace.nodes, prefetcher)
        pinFetcher = disk.map {
            PinFetcher(
                share: share, cache: cache, disk: $0, versions: versions, prefetcher: prefetcher,
                clock: clock, propagationDelay: { nodes.rules.propagationDelay })
        }
        usage = Mutex(KnownUsage(share.usageAtMount, at: clock.monotonic))
    }

    public var features: FuseFeatures {
        var reading: FuseFeatures = [
            .access, .seek, .readDirectoryPlus, .locks, .fileLocks, .flush,
        ]
        if share.attributeNature.hasAny { reading.insert(.extendedAttributes) }
        guard !configuration.isReadOnly else { return reading }
        return reading.union([.writes, .synchronize, .allocate, .copyRange])
    }

    public func initialize(_ connection: inout FuseConnection) {
        // Without it the kernel drops a file's pages by itself, with the very answer that brings another size.
        // The invalidator's word comes a moment later: until then a reader who holds the file open would see
        // zeros between the old end and the end of its page.
        connection.wants(.explicitInvalidateData, false)
        connection.wants(.cacheSymbolicLinks, false)
        // With it a write with `O_DIRECT` that is taken in part is `EIO` to its program: where the share gets full in the midst of it,
        // and where many writers wait.
        if !configuration.isReadOnly { connection.wants(.asyncDirectIO, false) }
        // The share's default ACLs decide whether the umask counts.
        connection.wants(.callerMask)
        connection.wants(.posixACL, heedsACLs)
    }

    public func destroy() {}

    /// From now on changes on the share reach the kernel's caches.
    public func attach(_ session: any FuseNotifier) {
        invalidator.attach(session)
        prefetcher.start { [weak self] in self?.letGoOfUnused() }
        setCatalogue(configuration.catalogue, rate: configuration.catalogueRate)
        pinFetcher?.start()
        habits.withLock { $0 }?.start()
    }

    /// Ends the threads that serve this view. After the session's loop has ended.
    public func stop() {
        prefetcher.stop()
        pinFetcher?.stop()
        habits.withLock { $0 }?.stop()
        waitingLocks.stop()
        delays.stop()
        invalidator.stop()
        namespace.stop()
    }

    /// As it is shown to people.
    func shown(_ entry: FuseEntry) -> FuseEntry {
        var shown = entry
        // Without a node there is nothing to show.
        if entry.nodeID != 0 { shown.attributes = configuration.shownOwner(entry.attributes) }
        return shown
    }

    func newHandle() -> UInt64 {
        nextHandle.wrappingAdd(1, ordering: .relaxed).oldValue
    }
}
