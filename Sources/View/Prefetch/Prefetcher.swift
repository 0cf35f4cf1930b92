import Foresight
import Model
import Platform
import Share
import Synchronization
import Tiers

/// Fetching ahead: tells Foresight what programs do, and has done what it wants.
///
/// Whoever answers programs tells of opens, reads and closes, in the order in which he answers them. Events go in under Foresight's
/// lock; what follows from them is carried out behind it, and behind what a program itself waits for. What
/// was done lately is kept beside that, for exports and models.
///
/// Threads: any. Waits for nothing.
final class Prefetcher: Sendable {
    private let foresight: Mutex<Foresight>
    /// What was done lately.
    private let recorder = Mutex(AccessRecorder())
    private let namespace: Namespace
    private let rules: ContentRules
    private let cache: ChunkCache
    private let versions: FileVersions
    private let share: Share
    private let delays: DelayQueue
    private let clock: any LarderClock
    /// Files that are open; as many as the kernel has handles.
    private let readers = Mutex<[UInt64: OpenReader]>([:])
    /// Where what people do is kept; nil where nothing is.
    private let keeper = Mutex<HabitKeeper?>(nil)
    /// Names of programs that asked lately, by process.
    private let programs = Mutex(RecentTable<Int32, String>(capacity: 256))
    private let watcher = Mutex<ResourceWatcher?>(nil)
    /// Of the share, nanoseconds; told once a second.
    private let roundTrip = Atomic(Int64(Prefetcher.assumedLink.roundTrip / .nanoseconds(1)))

    /// - Parameter rules: give each file's content type.
    init(
        _ configuration: Foresight.Configuration, rules: ContentRules = .usual,
        namespace: Namespace, cache: ChunkCache, versions: FileVersions, share: Share,
        delays: DelayQueue, clock: any LarderClock
    ) {
        var foresight = Foresight(configuration)
        foresight.setLink(Self.assumedLink)
        self.foresight = Mutex(foresight)
        self.namespace = namespace
        self.rules = rules
        self.cache = cache
        self.versions = versions
        self.share = share
        self.delays = delays
        self.clock = clock
    }

    /// From now on `keeper` is told what people do.
    func tell(_ keeper: HabitKeeper) {
        self.keeper.withLock { $0 = keeper }
    }

    /// From now on what leaves memory unread is noted, and each second what the link gives.
    ///
    /// - Parameter tick: called each second, too.
    func start(tick: @escaping @Sendable () -> Void) {
        cache.onUnreadEviction { [weak self] in self?.tellEvictions($0) }
        let started = ResourceWatcher(
            link: { [weak self] in
                self?.tellLink()
                tick()
            }, load: { [weak self] in self?.tellLoad($0) })
        watcher.withLock { $0 = started }
    }

    func stop() {
        watcher.withLock { $0 }?.stop()
    }

    // MARK: - Events

    /// A file is being opened. Before the answer, so that its release finds the handle.
    func opening(_ id: NodeID, handle: UInt64, user: UInt32, process: Int32) -> Reader {
        let reader = Reader(
            userID: user, processID: process, handle: handle,
            program: ProgramName.of(process: process))
        _ = programs.withLock { $0.insert(reader.program, for: reader.processID) }
        let isNews = keeper.withLock { $0 }?.isNews(id, of: reader) ?? false
        let path = isNews ? namespace.nodes.whereabouts(of: id)?.path : nil
        readers.withLock { $0[handle] = OpenReader(reader, path: path) }
        record(
            AccessRecord(
                at: clock.monotonic, operation: .open, file: FileNumber(id.raw), reader: reader))
        return reader
    }

    /// Whoever reads so wants what he reads to be cached, and nothing else: nothing follows from it.
    static func isWarming(_ reader: Reader) -> Bool {
        reader.program == ViewFileSystem.warmingThread
    }

    /// A file was opened: its index and its neighbours are on their way before they are asked for.
    func opened(_ id: NodeID, by reader: Reader) {
        guard !Self.isWarming(reader) else { return }
        let now = clock.monotonic
        guard let facts = neighbourhood.facts(of: id) else { return }
        let event = OpenEvent(file: facts, reader: reader, at: now)
        let (plan, priority) = foresight.withLock {
            ($0.opened(event, among: neighbourhood), $0.priority(for: reader))
        }
        carryOut(plan, priority)
        // What goes through everything is nobody's habit.
        guard priority != .low else {
            return readers.withLock { $0[reader.handle]?.path = nil }
        }
        noteOpen(facts, reader)
    }

    /// Tells the history, and whoever looks for habits in it.
    private func noteOpen(_ facts: FileFacts, _ reader: Reader) {
        let path = readers.withLock { readers in
            readers[reader.handle]?.size = facts.size
            return readers[reader.handle]?.path
        }
        guard let path, let keeper = keeper.withLock({ $0 }) else { return }
        if !keeper.opened(path, type: facts.contentType, size: facts.size, by: reader) {
            readers.withLock { $0[reader.handle]?.path = nil }
        }
    }

    /// What is expected because of other files, or of the time: fetched as far as Foresight sees fit.
    func expect(_ expected: [ExpectedFile]) {
        guard !expected.isEmpty else { return }
        let now = clock.monotonic
        carryOut(foresight.withLock { $0.expect(expected, at: now) }, .medium)
    }

    /// Why nothing is to be fetched now because of other files; nil where something may be.
    var restraint: String? { foresight.withLock { $0.restraint } }

    var strategy: Strategy { foresight.withLock { $0.strategy } }

    /// nil for what has no name.
    func facts(of id: NodeID) -> FileFacts? { neighbourhood.facts(of: id) }

    func closed(_ id: NodeID, handle: UInt64) {
        guard let open = readers.withLock({ $0.removeValue(forKey: handle) }) else { return }
        let reader = open.reader
        if let path = open.path, let keeper = keeper.withLock({ $0 }) {
            if let run = open.run { keeper.read(path, run, size: open.size, by: reader) }
            keeper.closed(handle)
        }
        let now = clock.monotonic
        record(AccessRecord(at: now, operation: .close, file: FileNumber(id.raw), reader: reader))
        guard !Self.isWarming(reader) else { return }
        foresight.withLock { $0.closed(FileNumber(id.raw), reader: reader, at: now) }
    }

    /// A file is about to be read; ``answered(_:_:by:_:since:took:)`` follows, unless ``ReadFollowUp/pause`` says that it has to wait.
    ///
    /// - Parameters:
    ///   - handle: by which it was opened. The reader is who opened it: a read's own process may be a kernel thread.
    ///   - now: when it was asked for.
    ///   - isPredictable: something may follow from it.
    func reading(
        _ id: NodeID, _ file: CachedFile, _ range: Range<Int64>, handle: UInt64, user: UInt32,
        process: Int32, at now: Duration, isPredictable: Bool
    ) -> ReadFollowUp {
        let reader =
            readers.withLock { $0[handle]?.reader }
            ?? Reader(userID: user, processID: process, handle: handle)
        guard !Self.isWarming(reader) else {
            return ReadFollowUp(
                self, reader, PrefetchPlan(), priority: .medium, memoryPriority: .low,
                isDeferred: false, pause: beginBackground(Int64(range.count)))
        }
        let isFirst = file.isFirstRead()
        guard isPredictable else {
            return ReadFollowUp(self, reader, PrefetchPlan(), priority: .medium, isDeferred: false)
        }
        let size = file.geometry.fileSize
        let event = ReadEvent(
            file: FileNumber(id.raw), fileSize: size, chunkSize: file.geometry.chunkSize,
            range: range.clamped(to: 0..<max(range.lowerBound, size)), reader: reader, at: now,
            isWarm: cache.holdsRead(file, range))
        let (plan, priority) = foresight.withLock { foresight in
            (foresight.read(event, among: neighbourhood), foresight.priority(for: reader))
        }
        // Until the share has the file open, what is fetched ahead would only wait for that, in the lanes of others. And it
        // would share the link with the first bytes that anybody gets of it.
        return ReadFollowUp(
            self, reader, plan, priority: priority,
            isDeferred: !plan.isEmpty && (isFirst || !file.source.isOpen))
    }

    /// How a read was answered.
    func answered(
        _ id: NodeID, _ range: Range<Int64>, by reader: Reader, _ account: ReadAccount,
        since start: Duration, took: Duration
    ) {
        if Self.isWarming(reader) {
            endBackground(Int64(range.count), fetched: account.missedBytes)
        } else if account.missedBytes > 0 {
            foresight.withLock { $0.missed(bytes: account.missedBytes) }
        }
        noteRead(range, by: reader)
        let source: AccessRecord.Source =
            switch account.source {
            case .memory: .memory
            case .tier: .disk
            case .share: .share
            }
        record(
            AccessRecord(
                at: start, operation: .read, file: FileNumber(id.raw), offset: range.lowerBound,
                length: Int64(range.count), reader: reader, source: source, duration: took))
    }

    /// Reads that go on are one, and are told when they do not go on: who reads in order costs this a lock.
    private func noteRead(_ range: Range<Int64>, by reader: Reader) {
        let (open, run) = readers.withLock { readers -> (OpenReader?, Range<Int64>?) in
            guard let run = readers[reader.handle]?.join(range) else { return (nil, nil) }
            return (readers[reader.handle], run)
        }
        guard let open, let run, let path = open.path, let keeper = keeper.withLock({ $0 }) else {
            return
        }
        keeper.read(path, run, size: open.size, by: reader)
    }

    /// Something other than a read was done, by whoever asks. - Parameter node: 0 where nothing was found, which is not kept.
    func done(
        _ operation: AccessRecord.Operation, _ node: UInt64, offset: Int64 = 0, length: Int64 = 0,
        user: UInt32, process: Int32, since start: Duration
    ) {
        guard node != 0 else { return }
        let known = programs.withLock { $0.value(for: process) }
        let program = known ?? ProgramName.of(process: process)
        if known == nil { _ = programs.withLock { $0.insert(program, for: process) } }
        record(
            AccessRecord(
                at: start, operation: operation, file: FileNumber(node), offset: offset,
                length: length,
                reader: Reader(userID: user, processID: process, handle: 0, program: program),
                duration: clock.monotonic - start))
        if operation == .list, offset == 0, let keeper = keeper.withLock({ $0 }),
            let path = namespace.nodes.whereabouts(of: NodeID(raw: node))?.path
        {
            keeper.listed(path, user: user, program: program)
        }
    }

    private func record(_ record: AccessRecord) {
        recorder.withLock { $0.append(record) }
    }

    /// The file has other contents.
    func forget(_ id: NodeID) {
        foresight.withLock { $0.forget(FileNumber(id.raw)) }
    }

    // MARK: - Plans

    private var neighbourhood: ViewNeighbourhood {
        ViewNeighbourhood(nodes: namespace.nodes, rules: rules)
    }

    /// - Parameter priority: of who it is for.
    func carryOut(_ plan: PrefetchPlan, _ priority: Priority) {
        guard !plan.isEmpty else { return }
        for request in plan.cancellations {
            if let file = versions.known(NodeID(raw: request.file.value)) {
                cache.cancelPrefetch(file, request.range)
            }
        }
        for request in plan.requests { fetch(request, priority) }
        for folder in plan.listings { namespace.listAhead(NodeID(raw: folder.value)) }
    }

    /// Half a round trip from now: when the share has a file open, the reader's own request has reached it by then, and no other
    /// can come before it there.
    func soon(_ body: @escaping @Sendable () -> Void) {
        let way = Duration.nanoseconds(roundTrip.load(ordering: .relaxed) / 2)
        delays.submit(due: clock.monotonic + way, body)
    }

    private func fetch(_ request: PrefetchRequest, _ priority: Priority) {
        versions.find(NodeID(raw: request.file.value)) { [self] file in
            if let file { return fetch(request, of: file, priority) }
            foresight.withLock { $0.issued(request.number, bytes: 0) }
        }
    }

    private func fetch(_ request: PrefetchRequest, of file: CachedFile, _ priority: Priority) {
        // The outcome may come back before we know its size: it is told after the size, whoever is first.
        let arrival = Mutexed(Arrival())
        let outcome = cache.prefetch(
            file, request.range, owner: request.file.value, priority: priority,
            schedule: request.schedule
        ) { [self] in
            let isCounted = arrival.withLock { arrival -> Bool in
                arrival.hasCome = true
                return arrival.isCounted
            }
            if isCounted { tellArrival(request) }
        }
        foresight.withLock { $0.issued(request.number, bytes: outcome.bytes) }
        let hasCome = arrival.withLock { arrival -> Bool in
            arrival.isCounted = true
            return arrival.hasCome
        }
        if hasCome, outcome.bytes > 0 { tellArrival(request) }
    }

    private struct Arrival: Sendable {
        var hasCome = false
        var isCounted = false
    }

    private func tellArrival(_ request: PrefetchRequest) {
        let now = clock.monotonic
        foresight.withLock { $0.arrived(request.number, at: now) }
    }

    // MARK: - Upkeep

    /// A NAS behind a gigabit, until something was measured.
    private static var assumedLink: LinkState {
        LinkState(roundTrip: .milliseconds(8), bandwidth: 100e6)
    }

    /// What the link gives, and how much may be on its way at once.
    private func tellLink() {
        let estimate = share.linkEstimate
        let link = LinkState(
            roundTrip: estimate.roundTrip ?? Self.assumedLink.roundTrip,
            bandwidth: estimate.bandwidth ?? Self.assumedLink.bandwidth)
        roundTrip.store(Int64(link.roundTrip / .nanoseconds(1)), ordering: .relaxed)
        let bytes = foresight.withLock { foresight -> Int in
            foresight.setLink(link)
            return foresight.bytesAheadMax(requestMax: ChunkCache.prefetchSizeMax)
        }
        share.scheduler.setBytesAhead(max: bytes)
    }

    private func tellLoad(_ pressure: Pressure) {
        foresight.withLock { $0.setPressure(pressure) }
    }

    private func tellEvictions(_ evictions: [UnreadEviction]) {
        foresight.withLock { foresight in
            for eviction in evictions {
                foresight.evicted(FileNumber(eviction.owner), eviction.range)
            }
        }
    }

    // MARK: - Bounds and reports

    /// See ``ViewFileSystem/setPrefetch(readahead:budget:strategy:)``.
    func setBounds(readahead: ByteCount, budget: ByteCount, strategy: PrefetchStrategy?) {
        foresight.withLock {
            $0.setBounds(strategy: strategy, windowMax: readahead, budget: budget)
        }
    }

    func limit(by schedule: BandwidthSchedule) {
        let minute = LocalTime.minuteOfDay()
        foresight.withLock { $0.setBandwidth(schedule, minuteOfDay: minute) }
    }

    /// As limits change, so does how long there is to wait.
    private static let pauseMax = Duration.milliseconds(250)

    /// Something is to be fetched that no reader waits for; ``endBackground(_:fetched:)`` follows.
    ///
    /// - Returns: nil where it may begin; else when to ask again.
    func beginBackground(_ bytes: Int64) -> Duration? {
        let now = clock.monotonic
        return foresight.withLock { $0.beginBackground(bytes, at: now) }
            .map { min($0, Self.pauseMax) }
    }

    /// - Parameter fetched: of these bytes, those that the share was asked for.
    func endBackground(_ bytes: Int64, fetched: Int64) {
        let now = clock.monotonic
        foresight.withLock { $0.endBackground(bytes, fetched: fetched, at: now) }
    }

    /// As ``endBackground(_:fetched:)``, of a chunk that was to be brought into the tiers.
    ///
    /// - Parameter bytes: of the whole chunk.
    func endBackground(_ bytes: Int64, _ filling: ChunkCache.Filling) {
        switch filling {
        case .held, .failed(.errno): endBackground(bytes, fetched: 0)
        case .fetched(let fetched): endBackground(bytes, fetched: fetched)
        // It came, and was not to be kept.
        case .changed, .failed(.changed): endBackground(bytes, fetched: bytes)
        }
    }

    func report() -> ForesightReport {
        let now = clock.monotonic
        return foresight.withLock { $0.report(at: now) }
    }

    /// nil where nothing of it was opened or read that is remembered.
    func explanation(of id: NodeID) -> FileExplanation? {
        let now = clock.monotonic
        return foresight.withLock { $0.explain(FileNumber(id.raw), at: now) }
    }

    /// See ``ViewFileSystem/accessRecords(after:max:)``.
    func records(
        after: UInt64, max: Int
    ) -> (records: [AccessRecord], lost: UInt64, newest: UInt64) {
        recorder.withLock { recorder in
            let (records, lost) = recorder.records(after: after, max: max)
            return (records, lost, recorder.newest)
        }
    }
}
