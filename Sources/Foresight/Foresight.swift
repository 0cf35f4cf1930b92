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
        /// Programs whose reads are worth little; see ``ScannerList``.
        public var scanners: Set<String>
        public var predictors: PredictorSet
        /// How likely files must be read to be fetched because of others, by content type; none for what is not in here.
        public var thresholds: [ContentType: Double]

        public init(
            strategy: Strategy? = nil, windowMax: ByteCount = .mebibytes(32),
            budget: ByteCount = .mebibytes(256), unit: Int = 64 << 10,
            scanners: Set<String> = ScannerList.defaults, predictors: PredictorSet = .all,
            thresholds: [ContentType: Double] = [:]
        ) {
            self.strategy = strategy
            self.windowMax = windowMax
            self.budget = budget
            self.unit = unit
            self.scanners = scanners
            self.predictors = predictors
            self.thresholds = thresholds
        }
    }

    public static let filesMax = 4096
    public static let streamsMax = 32
    /// Bytes from which on the first read of a file is that of somebody who goes on: what follows from it is fetched half a
    /// round trip after the share has opened the file, behind the read itself. A shorter one is answered first: whoever
    /// only looks at files would wait for the next one's head behind the rest of this one.
    public static let readerMin = 64 << 10
    /// Reads of a new stream after which the reader's other streams, if they had none meanwhile, are given up. Interleaved
    /// ones take turns sooner.
    static let movedReads = 4

    var scene: Scene
    private let predictors: PredictorSet
    private let scanners: Set<String>
    private var container = ContainerPredictor()
    private var sidecar = SidecarPredictor()
    private var sweep = SweepPredictor()
    private var jump = JumpPredictor()
    private var stream = StreamPredictor()
    private var series = SeriesPredictor()
    private var schedule = BandwidthSchedule()
    /// Time of the latest event: the only clock there is.
    private(set) var lastEventAt = Duration.zero
    private var assumedRoundTrip = Duration.zero
    private var stamp: UInt64 = 0
    /// Of the stream that was read last.
    private var lastRate: Double?

    public init(_ configuration: Configuration) {
        scene = Scene(arbiter: Arbiter(configuration))
        scanners = configuration.scanners
        predictors = configuration.predictors
    }

    // MARK: - What happens

    public mutating func opened(
        _ event: OpenEvent, among neighbours: borrowing some Neighbourhood
    ) -> PrefetchPlan {
        var plan = PrefetchPlan()
        notice(event.at)
        guard scene.arbiter.windowMax.bytes > 0 else { return plan }
        let file = scene.files.touch(
            event.file.number, size: event.file.size, chunkSize: event.file.chunkSize)
        scene.files[file].facts = event.file
        scene.files[file].opens += 1
        scene.files[file].handles += 1
        // The surest first: what comes last finds least left.
        if predictors.contains(.container) {
            container.opened(event, in: &scene, among: neighbours, &plan)
        }
        if predictors.contains(.sidecar) {
            sidecar.opened(event, in: &scene, among: neighbours, &plan)
        }
        if predictors.contains(.sweep) {
            sweep.opened(event, in: &scene, among: neighbours, &plan)
        }
        return plan
    }

    public mutating func closed(_ file: FileNumber, reader: Reader, at now: Duration) {
        guard let place = scene.files.place(of: file), let facts = scene.files[place].facts else {
            return
        }
        scene.files[place].handles = max(0, scene.files[place].handles - 1)
        if scene.files[place].isLeft, scene.files[place].handles == 0 {
            scene.folders[facts.folder]?.profile.note(scene.files[place])
        }
        // One word per opening, however long it was: a player reads on without coming back to the end.
        if predictors.contains(.container), scene.files[place].reads > 0 {
            container.habits.note(facts, tailStart: scene.files[place].tailStart)
        }
    }

    /// - Returns: ranges inside files, beyond what was asked for, none of them issued before and still standing.
    public mutating func read(
        _ event: ReadEvent, among neighbours: borrowing some Neighbourhood
    ) -> PrefetchPlan {
        var plan = PrefetchPlan()
        notice(event.at)
        guard scene.arbiter.windowMax.bytes > 0, !event.range.isEmpty else { return plan }
        stamp += 1
        let file = scene.files.touch(event.file, size: event.fileSize, chunkSize: event.chunkSize)
        settlePredictions(of: file, event.range)
        scene.arbiter.ledger.age(at: event.at)
        guard let step = step(event, file, &plan) else { return plan }
        if predictors.contains(.jump) {
            jump.read(step, in: &scene, among: neighbours, &plan)
        }
        scene.files[file].streams[step.stream].epoch = scene.arbiter.activity.note(
            scene.files[file].streams[step.stream].epoch, at: event.at)
        lastRate = scene.files[file].streams[step.stream].rate
        if predictors.contains(.stream) {
            stream.read(step, in: &scene, among: neighbours, &plan)
        }
        if predictors.contains(.series) {
            series.read(step, in: &scene, among: neighbours, &plan)
        }
        if scene.arbiter.strategy.isDue(at: event.at) {
            scene.arbiter.strategy.look(
                accuracy: scene.arbiter.ledger.accuracy,
                traffic: scene.arbiter.ledger.trafficRatio, at: event.at)
        }
        return plan
    }

    /// Gives a read to a stream of its file; nil where nothing follows from it.
    private mutating func step(
        _ event: ReadEvent, _ file: Int, _ plan: inout PrefetchPlan
    ) -> ReadStep? {
        let type = stream.survivalClass(of: file, scene)
        let match = scene.files[file].note(
            event, stamp: stamp, tuning: scene.arbiter.tuning, streamsMax: Self.streamsMax,
            general: &stream.survival[type])
        switch match {
        case .nothing: return nil
        case .stream(let index, let moved):
            guard moved else { return nil }
            // So many reads here and none there: whoever reads has moved here for good.
            if scene.files[file].streams[index].reads == Self.movedReads {
                scene.cancelAbandoned(by: index, of: file, &plan)
            }
            return ReadStep(event: event, file: file, stream: index, isNew: false)
        case .stride(let index):
            return ReadStep(event: event, file: file, stream: index, isNew: false)
        case .new(let index):
            return ReadStep(event: event, file: file, stream: index, isNew: true)
        }
    }

    /// Bytes of a read that had to wait for the share although nobody had predicted them.
    public mutating func missed(bytes: Int64) {
        scene.arbiter.ledger.missed(bytes)
    }

    /// The version is gone: so is what was known of it.
    public mutating func forget(_ file: FileNumber) {
        scene.files.remove(file)
    }

    /// A folder's listing has changed.
    public mutating func forget(_ folder: FolderNumber) {
        scene.folders.remove(folder)
    }

    /// How much what somebody reads is worth, for as far as that is known of the program. What it does otherwise shows in the
    /// streams and sweeps that its reads make, and in whether anybody comes back to them: one process scans and plays.
    public func priority(for reader: Reader) -> Priority {
        scanners.contains(reader.program) ? .low : .medium
    }

    mutating func notice(_ now: Duration) {
        lastEventAt = max(lastEventAt, now)
        scene.arbiter.allowance.fill(at: lastEventAt)
    }

    // MARK: - What came of the predictions

    private mutating func settlePredictions(of file: Int, _ range: Range<Int64>) {
        var index = 0
        while index < scene.files[file].outstanding.count {
            let known = scene.files[file].outstanding[index]
            guard known.range.overlaps(range) else {
                index += 1
                continue
            }
            if scene.arbiter.ledger.isOpen(known) { scene.arbiter.ledger.used(known.place, range) }
            if scene.arbiter.ledger.isOpen(known) {
                index += 1
            } else {
                scene.files[file].outstanding.remove(at: index)
            }
        }
    }

    /// A request was taken. - Parameter bytes: of it that had to be fetched; 0 where all were there already.
    public mutating func issued(_ number: PredictionNumber, bytes: Int64) {
        scene.arbiter.allowance.giveBack(scene.arbiter.ledger.issued(number, bytes: bytes))
    }

    /// All that a request had to fetch has come.
    public mutating func arrived(_ number: PredictionNumber, at now: Duration) {
        scene.arbiter.ledger.arrived(number)
    }

    /// Bytes that were fetched ahead left memory before anybody had read them.
    public mutating func evicted(_ file: FileNumber, _ range: Range<Int64>) {
        guard let file = scene.files.place(of: file) else { return }
        for known in scene.files[file].outstanding
        where known.range.overlaps(range) && scene.arbiter.ledger.isOpen(known) {
            scene.arbiter.ledger.evicted(known.place, range)
        }
    }

    // MARK: - What the world is like

    public mutating func setLink(_ link: LinkState) {
        scene.arbiter.link = link
        // What is said before anything happened was not measured.
        if lastEventAt == .zero { assumedRoundTrip = link.roundTrip }
        guard link.roundTrip != assumedRoundTrip else { return }
        scene.arbiter.governor.setLink(link, at: lastEventAt)
    }

    public mutating func setPressure(_ pressure: Pressure) {
        scene.arbiter.governor.setPressure(pressure)
        if let minute = pressure.minuteOfDay { setTime(minute) }
    }

    /// Bounds what is fetched ahead per second, by the time of day; that is told again with each ``Pressure``.
    ///
    /// - Parameter minuteOfDay: since midnight, local time; nil where it is not known: then nothing is bounded yet.
    public mutating func setBandwidth(_ schedule: BandwidthSchedule, minuteOfDay: Int?) {
        self.schedule = schedule
        if let minuteOfDay { setTime(minuteOfDay) }
    }

    /// Something is to be fetched that no reader waits for, under what bounds reading ahead; ``endBackground(_:fetched:at:)`` follows.
    ///
    /// - Parameter bytes: that it may fetch.
    /// - Returns: nil where it may begin; else when to ask again, if nothing else is fetched meanwhile.
    public mutating func beginBackground(_ bytes: Int64, at now: Duration) -> Duration? {
        scene.arbiter.allowance.fill(at: now)
        return scene.arbiter.allowance.begin(bytes)
    }

    /// - Parameter fetched: of these bytes, those that the share was asked for.
    public mutating func endBackground(_ bytes: Int64, fetched: Int64, at now: Duration) {
        scene.arbiter.allowance.fill(at: now)
        scene.arbiter.allowance.end(bytes, fetched: fetched)
    }

    /// What is on its way stays; the next plan keeps to the new bounds.
    ///
    /// - Parameter strategy: nil: moves by itself, from where it is.
    public mutating func setBounds(
        strategy: Strategy?, windowMax: ByteCount, budget: ByteCount
    ) {
        scene.arbiter.windowMax = windowMax
        scene.arbiter.budget = budget
        scene.arbiter.strategy.pin(strategy)
    }

    private mutating func setTime(_ minuteOfDay: Int) {
        scene.arbiter.allowance.setRate(schedule.limit(atMinute: minuteOfDay), at: lastEventAt)
    }

    /// Bytes that may be on their way ahead of readers at once; see ``PrefetchPace``.
    ///
    /// - Parameter requestMax: bytes of one request.
    public func bytesAheadMax(requestMax: Int) -> Int {
        PrefetchPace.bytesMax(
            streams: scene.arbiter.activity.streams, rate: lastRate, link: scene.arbiter.link,
            requestMax: requestMax)
    }
}

extension Scene {
    /// A reader has begun to read elsewhere: what was fetched ahead of its last stream, and has not been used by anybody
    /// since, is pointless.
    mutating func cancelAbandoned(by index: Int, of file: Int, _ plan: inout PrefetchPlan) {
        let mover = files[file].streams[index]
        for other in files[file].streams.indices where other != index {
            let stream = files[file].streams[other]
            guard stream.reader.handle == mover.reader.handle, stream.stamp < mover.born,
                stream.kind != .new, stream.ahead(unit: arbiter.tuning.unit) > 0
            else { continue }
            let pointless = stream.aheadRange
            for known in files[file].outstanding
            where known.range.overlaps(pointless) && arbiter.ledger.isOpen(known) {
                let request = arbiter.ledger.request(at: known.place)
                guard request.reason == stream.reason else { continue }
                arbiter.ledger.cancel(known.place)
                plan.cancellations.append(request)
            }
            files[file].streams[other].abandon()
        }
    }
}
