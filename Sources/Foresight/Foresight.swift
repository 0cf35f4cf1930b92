public import Model

/// Sees every open and read and answers with what should be fetched before it is asked for.
///
/// **Streams.** Linux's readahead keeps one window per open file, and loses it with a seek or a second reader. Here each read is given to the
/// stream of its file whose next read is expected nearest (``FileTrack``), whichever handle it came through; streams are
/// forward, backward or strided (``StrideDetector``, by majority as Leap finds its trend: Al Maruf and Chowdhury, USENIX ATC 2020).
///
/// **How far.** ``WindowPlanner`` stays ahead of a stream by what its reader consumes in some seconds, by no less than keeps the link
/// full (bandwidth times round trip), and by no more than strategy, budget and the other streams leave. ``RunSurvival`` counts how
/// far runs have gone on from each of their reads, in this file and in all: the window ends where fewer than a third get to, and a
/// first read is not followed by a megabyte that nobody wants.
///
/// **Between files.** Each open is held against the order of its folder (``FolderSweep``), the habits of its kind (``ContainerHabits``: an index at
/// the end) and its name (the next episode; sidecars).
///
/// **Trust.** Every request is a numbered prediction in ``PredictionLedger``, of one reason. The owner tells what of it had to be fetched, when it
/// came and what was evicted unread; reads mark what they use. A reason that is wrong half of the time has its windows cut; one that is nearly
/// always wrong is only watched, until it is right again. Where memory, processor, disk or link are needed for other
/// things, ``Governor`` holds all of them back.
///
/// Pure: no I/O, no clock of its own; the same events give the same answers, so that decisions can be
/// replayed. The owner guards it with a lock and acts on the answers outside of it. Bounded: files, streams per
/// file, folders, readers and predictions each have a limit, the least recently used to go first.
public struct Foresight: Sendable {
    public struct Configuration: Sendable {
        /// nil: moves by itself, starting with `balanced`.
        public var strategy: Strategy?
        /// Bytes ahead of one stream, at most, whatever the strategy allows; 0 switches prefetching off.
        public var windowMax: ByteCount
        /// Bytes fetched ahead and not read yet, of all streams together, at most.
        public var budget: ByteCount
        /// What is fetched is made of units of this many bytes: the tiers' blocks.
        public var unit: Int
        /// Programs that read everything and want nothing twice; see ``ScannerList``.
        public var scanners: Set<String>

        public init(
            strategy: Strategy? = nil, windowMax: ByteCount = .mebibytes(32),
            budget: ByteCount = .mebibytes(256), unit: Int = 64 << 10,
            scanners: Set<String> = ScannerList.defaults
        ) {
            self.strategy = strategy
            self.windowMax = windowMax
            self.budget = budget
            self.unit = unit
            self.scanners = scanners
        }
    }

    public static let filesMax = 4096
    public static let streamsMax = 32
    /// Bytes from which on the first read of a file is that of somebody who goes on: what follows from it is fetched half a
    /// round trip after the share has opened the file, behind the read itself. A shorter one is answered first: whoever
    /// only looks at files would wait for the next one's head behind the rest of this one.
    public static let readerMin = 64 << 10
    /// Requests in one plan, and so in flight because of one event.
    static let requestsMax = 64
    /// Reads of a new stream after which the reader's other streams, if they had none meanwhile, are given up. Interleaved
    /// ones take turns sooner.
    static let movedReads = 4

    private(set) var configuration: Configuration
    let planner: WindowPlanner
    var files = FileTable(filesMax: Self.filesMax)
    var folders = FolderTable()
    var readers: ReaderTable
    var ledger = PredictionLedger()
    var habits = ContainerHabits()
    var strategy: StrategyControl
    var governor = Governor()
    private var schedule = BandwidthSchedule()
    private(set) var allowance = PrefetchAllowance()
    var activity = ActivityCount()
    var link = LinkState()
    /// Time of the latest event: the only clock there is.
    private(set) var lastEventAt = Duration.zero
    private var assumedRoundTrip = Duration.zero
    /// How long runs last, by content type; the last one is for files that were never opened: volumes of a block trace.
    var survival = [RunSurvival](repeating: RunSurvival(), count: ContentType.allCases.count + 1)
    private var stamp: UInt64 = 0
    /// Of the stream that was read last.
    private var lastRate: Double?

    var tuning: StreamTuning { planner.tuning }

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        planner = WindowPlanner(tuning: StreamTuning(unit: configuration.unit))
        readers = ReaderTable(scanners: configuration.scanners)
        strategy = StrategyControl(fixed: configuration.strategy)
    }

    // MARK: - What happens

    public mutating func opened(
        _ event: OpenEvent, among neighbours: borrowing some Neighbourhood
    ) -> PrefetchPlan {
        var plan = PrefetchPlan()
        notice(event.at)
        guard configuration.windowMax.bytes > 0 else { return plan }
        let file = files.touch(
            event.file.number, size: event.file.size, chunkSize: event.file.chunkSize)
        files[file].facts = event.file
        files[file].opens += 1
        files[file].handles += 1
        readers.opened(event.reader, size: event.file.size)
        planContainer(event, &plan)
        planCompanions(event, among: neighbours, &plan)
        planSweep(event, among: neighbours, &plan)
        return plan
    }

    public mutating func closed(_ file: FileNumber, reader: Reader, at now: Duration) {
        guard let place = files.place(of: file), let facts = files[place].facts else { return }
        files[place].handles = max(0, files[place].handles - 1)
        if files[place].isLeft, files[place].handles == 0 {
            folders[facts.folder]?.profile.note(files[place])
        }
        // One word per opening, however long it was: a player reads on without coming back to the end.
        if files[place].reads > 0 { habits.note(facts, tailStart: files[place].tailStart) }
    }

    /// - Returns: ranges inside files, beyond what was asked for, none of them issued before and still standing.
    public mutating func read(
        _ event: ReadEvent, among neighbours: borrowing some Neighbourhood
    ) -> PrefetchPlan {
        var plan = PrefetchPlan()
        notice(event.at)
        guard configuration.windowMax.bytes > 0, !event.range.isEmpty else { return plan }
        stamp += 1
        let file = files.touch(event.file, size: event.fileSize, chunkSize: event.chunkSize)
        readers.read(event.reader, bytes: event.range.count)
        settlePredictions(of: file, event.range)
        ledger.age(at: event.at)
        let type = survivalClass(of: file)
        let match = files[file].note(
            event, stamp: stamp, tuning: tuning, streamsMax: Self.streamsMax,
            general: &survival[type])
        let stream: Int
        switch match {
        case .nothing: return plan
        case .stream(let index, let moved):
            guard moved else { return plan }
            stream = index
            // So many reads here and none there: whoever reads has moved here for good.
            if files[file].streams[index].reads == Self.movedReads {
                cancelAbandoned(by: index, of: file, &plan)
            }
        case .stride(let index): stream = index
        case .new(let index):
            stream = index
            planJump(index, of: file, event, &plan)
        }
        files[file].streams[stream].epoch = activity.note(
            files[file].streams[stream].epoch, at: event.at)
        lastRate = files[file].streams[stream].rate
        // Who goes through what is in memory waits for nothing, and mostly stays there.
        if !event.isWarm { planStream(stream, of: file, event, type: type, &plan) }
        planSeries(file, event, among: neighbours, &plan)
        if strategy.isDue(at: event.at) {
            strategy.look(
                accuracy: ledger.accuracy, traffic: ledger.trafficRatio, at: event.at)
        }
        return plan
    }

    /// Bytes of a read that had to wait for the share although nobody had predicted them.
    public mutating func missed(bytes: Int64) {
        ledger.missed(bytes)
    }

    /// The version is gone: so is what was known of it.
    public mutating func forget(_ file: FileNumber) {
        files.remove(file)
    }

    /// A folder's listing has changed.
    public mutating func forget(_ folder: FolderNumber) {
        folders.remove(folder)
    }

    func survivalClass(of file: Int) -> Int {
        files[file].facts.map { Int($0.contentType.rawValue) } ?? survival.count - 1
    }

    /// Whether what somebody reads should not push out what people use.
    public func isScanner(_ reader: Reader) -> Bool { readers.isScanner(reader) }

    private mutating func notice(_ now: Duration) {
        lastEventAt = max(lastEventAt, now)
        allowance.fill(at: lastEventAt)
    }

    // MARK: - What came of the predictions

    private mutating func settlePredictions(of file: Int, _ range: Range<Int64>) {
        var index = 0
        while index < files[file].outstanding.count {
            let known = files[file].outstanding[index]
            guard known.range.overlaps(range) else {
                index += 1
                continue
            }
            if ledger.isOpen(known) { ledger.used(known.place, range) }
            if ledger.isOpen(known) {
                index += 1
            } else {
                files[file].outstanding.remove(at: index)
            }
        }
    }

    /// A request was taken. - Parameter bytes: of it that had to be fetched; 0 where all were there already.
    public mutating func issued(_ number: PredictionNumber, bytes: Int64) {
        allowance.giveBack(ledger.issued(number, bytes: bytes))
    }

    /// All that a request had to fetch has come.
    public mutating func arrived(_ number: PredictionNumber, at now: Duration) {
        ledger.arrived(number)
    }

    /// Bytes that were fetched ahead left memory before anybody had read them.
    public mutating func evicted(_ file: FileNumber, _ range: Range<Int64>) {
        guard let file = files.place(of: file) else { return }
        for known in files[file].outstanding
        where known.range.overlaps(range) && ledger.isOpen(known) {
            ledger.evicted(known.place, range)
        }
    }

    // MARK: - What the world is like

    public mutating func setLink(_ link: LinkState) {
        self.link = link
        // What is said before anything happened was not measured.
        if lastEventAt == .zero { assumedRoundTrip = link.roundTrip }
        guard link.roundTrip != assumedRoundTrip else { return }
        governor.setLink(link, at: lastEventAt)
    }

    public mutating func setPressure(_ pressure: Pressure) {
        governor.setPressure(pressure)
        if let minute = pressure.minuteOfDay { setTime(minute) }
    }

    /// Bounds what is fetched ahead per second, by the time of day; that is told again with each ``Pressure``.
    ///
    /// - Parameter minuteOfDay: since midnight, local time; nil where it is not known: then nothing is bounded yet.
    public mutating func setBandwidth(_ schedule: BandwidthSchedule, minuteOfDay: Int?) {
        self.schedule = schedule
        if let minuteOfDay { setTime(minuteOfDay) }
    }

    /// What is on its way stays; the next plan keeps to the new bounds.
    ///
    /// - Parameter strategy: nil: moves by itself, from where it is.
    public mutating func setBounds(
        strategy: Strategy?, windowMax: ByteCount, budget: ByteCount
    ) {
        configuration.strategy = strategy
        configuration.windowMax = windowMax
        configuration.budget = budget
        self.strategy.pin(strategy)
    }

    private mutating func setTime(_ minuteOfDay: Int) {
        allowance.setRate(schedule.limit(atMinute: minuteOfDay), at: lastEventAt)
    }

    /// Bytes that may be on their way ahead of readers at once; see ``PrefetchPace``.
    ///
    /// - Parameter requestMax: bytes of one request.
    public func bytesAheadMax(requestMax: Int) -> Int {
        PrefetchPace.bytesMax(
            streams: activity.streams, rate: lastRate, link: link, requestMax: requestMax)
    }

    // MARK: - Requests

    /// Makes a prediction of a range, in whole or in shadow.
    mutating func predict(
        _ file: Int, _ range: Range<Int64>, confidence: Double, _ reason: PrefetchReason,
        _ because: Prediction.Because, at now: Duration, due: Duration? = nil,
        _ plan: inout PrefetchPlan
    ) {
        guard !range.isEmpty, plan.requests.count < Self.requestsMax else { return }
        let (request, place) = ledger.add(
            files[file].number, range, confidence: confidence, reason: reason, because: because,
            at: now, due: due ?? now)
        if files[file].outstanding.count >= files[file].outstandingMax {
            files[file].outstanding.removeAll { !ledger.isOpen($0) }
            files[file].outstandingMax = min(
                PredictionLedger.capacity, max(64, 2 * files[file].outstanding.count))
        }
        files[file].outstanding.append(
            OutstandingPrediction(number: request.number, place: place, range: range))
        guard !ledger.isShadow(place) else { return }
        allowance.take(Int64(range.count))
        plan.requests.append(request)
    }

    /// Bytes that may still be fetched ahead.
    var budgetLeft: Int64 { max(0, configuration.budget.bytes - ledger.outstanding) }

    var windowLimit: Int64 {
        let most = min(
            configuration.windowMax.bytes, strategy.current.windowMax.bytes, busyLinkLimit)
        return min(
            most, max(tuning.firstWindow, configuration.budget.bytes / Int64(activity.streams)))
    }

    /// While requests queue and others read too: what would keep the link full if nobody did.
    private var busyLinkLimit: Int64 {
        guard governor.isLinkBusy, activity.streams > 1 else { return .max }
        return planner.linkFloor(
            LinkState(roundTrip: governor.roundTripFloor, bandwidth: link.bandwidth))
    }
}
