import Model

/// What lies ahead of a stream inside a file: tops its window up where the reader has used half of it.
struct StreamPredictor: Predictor {
    /// How long runs last, by content type; the last one is for files that were never opened: volumes of a block trace.
    var survival = [RunSurvival](repeating: RunSurvival(), count: ContentType.allCases.count + 1)

    func survivalClass(of file: Int, _ scene: borrowing Scene) -> Int {
        scene.files[file].facts.map { Int($0.contentType.rawValue) } ?? survival.count - 1
    }

    mutating func read(
        _ step: ReadStep, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        // Who goes through what is in memory waits for nothing, and mostly stays there.
        guard !step.event.isWarm else { return }
        let (file, index, event) = (step.file, step.stream, step.event)
        let window = scene.files[file].streams[index].window
        let ahead = scene.files[file].streams[index].ahead(unit: scene.arbiter.tuning.unit)
        guard window == 0 || ahead < window / 2 else { return }
        let target = target(
            of: index, of: file, event, in: &scene,
            reason: scene.files[file].streams[index].reason)
        guard target > 0, ahead < target / 2 || ahead == 0 else {
            scene.files[file].streams[index].window = target
            return
        }
        let next = scene.arbiter.planner.next(
            window, target: target,
            lastRead: Int64(scene.files[file].streams[index].last.count))
        scene.files[file].streams[index].window = next
        guard next > ahead, scene.arbiter.allows(scene.files[file].streams[index].reason, .budget)
        else {
            return
        }
        // Under a limit, a request that is worth its round trip or none.
        let granted = min(next, ahead + min(scene.arbiter.allowance.left, next))
        guard granted - ahead >= min(next - ahead, scene.arbiter.tuning.firstWindow) else { return }
        skipWhatIsPredicted(index, of: file, in: &scene)
        let because = Prediction.Because(scene.files[file].streams[index])
        switch scene.files[file].streams[index].kind {
        case .new, .forward:
            fetchForward(index, of: file, granted, event, because, in: &scene, &plan)
        case .backward: fetchBackward(index, of: file, granted, event, because, in: &scene, &plan)
        case .strided: fetchStrided(index, of: file, granted, event, because, in: &scene, &plan)
        }
    }

    /// Changes nothing; `mutating`, for the compiler copies all of `self` for a call that does not.
    private mutating func target(
        of index: Int, of file: Int, _ event: ReadEvent, in scene: inout Scene,
        reason: PrefetchReason
    ) -> Int64 {
        let stream = scene.files[file].streams[index]
        let units = unitsAhead(of: stream, in: file, fileSize: event.fileSize, in: &scene)
        guard units > 0 else { return 0 }
        var target = scene.arbiter.planner.target(
            stream, unitsAhead: units,
            limits: WindowPlanner.Limits(
                windowMax: scene.arbiter.windowLimit, link: scene.arbiter.link))
        let divisor = scene.arbiter.ledger[reason].windowDivisor
        target =
            divisor == 0
            ? min(target, scene.arbiter.tuning.firstWindow)
            : max(target / divisor, min(target, scene.arbiter.tuning.unit))
        // Who begins with less than a unit mostly looks what kind of file it is.
        if stream.reads == 1, stream.startsFile, event.range.count < scene.arbiter.tuning.unit {
            target = min(target, StreamTuning.sniffUnits * scene.arbiter.tuning.unit)
        }
        if !scene.arbiter.allows(reason, .rest) {
            target = min(target, scene.arbiter.planner.linkFloor(scene.arbiter.link))
        }
        // A sweep that takes heads: nothing beyond them, until somebody reads on.
        if let facts = scene.files[file].facts, let head = scene.folders.headOnly(facts.folder),
            stream.kind != .strided, stream.frontier <= head
        {
            target = min(target, head - stream.frontier)
        }
        return target
    }

    /// Units to fetch ahead of a stream, by how far such runs have gone on; 0 for none.
    private mutating func unitsAhead(
        of stream: AccessStream, in file: Int, fileSize: Int64, in scene: inout Scene
    ) -> Int64 {
        let link = scene.arbiter.link
        let unit = Double(scene.arbiter.tuning.unit)
        // What the next reads take, and what the link has on the wire meanwhile; for somebody who will mostly read on,
        // what keeps it full.
        let linkFill = stream.isReadingOn(fileSize: fileSize) ? WindowPlanner.linkFactor : 1
        let onTheWire = linkFill * link.bandwidth * (link.roundTrip / .seconds(1)) / unit
        // Where nothing is known of the link there is none to keep full: what the reader takes while a share may answer is
        // all that has to be early. What lies beyond can be fetched later as well, and surer.
        let isKnown = link.roundTrip > .zero
        let meanwhile = isKnown ? 0 : (stream.rate ?? 0) * WindowPlanner.unknownRoundTrip / unit
        let near = max(
            4, 2 * stream.lastUnits, Int64(min(max(onTheWire, meanwhile), 4096).rounded(.up)))
        let chance = scene.arbiter.strategy.current.chanceMin
        let farChance = isKnown ? RunSurvival.farChanceMin : nil
        let progress = stream.marks.progress(since: stream.situation, at: stream.progress)
        let type = survivalClass(of: file, scene)
        guard let own = scene.files[file].survival else {
            return survival[type].unitsAhead(
                stream.situation, progress: progress, near: near, chance: chance,
                farChance: farChance, general: nil)
        }
        return own.unitsAhead(
            stream.situation, progress: progress, near: near, chance: chance, farChance: farChance,
            general: survival[type])
    }

    /// A sweep or a probe may have asked for the next bytes already.
    private func skipWhatIsPredicted(_ index: Int, of file: Int, in scene: inout Scene) {
        guard
            scene.files[file].streams[index].kind == .new
                || scene.files[file].streams[index].kind == .forward
        else { return }
        for known in scene.files[file].outstanding {
            let upTo = scene.files[file].streams[index].fetchedTo
            if known.range.lowerBound <= upTo, known.range.upperBound > upTo,
                scene.arbiter.ledger.isOpen(known)
            {
                scene.files[file].streams[index].fetchedTo = known.range.upperBound
            }
        }
    }

    private func fetchForward(
        _ index: Int, of file: Int, _ window: Int64, _ event: ReadEvent,
        _ because: Prediction.Because, in scene: inout Scene, _ plan: inout PrefetchPlan
    ) {
        let from = scene.files[file].streams[index].fetchedTo
        let goal = scene.files[file].streams[index].frontier + window
        // Whole chunks where the window has room for them: the end of a request is the start of the next.
        let chunk = Int64(event.chunkSize)
        let grain = window >= 2 * chunk ? chunk : scene.arbiter.tuning.unit
        let end = min(event.fileSize, (goal + grain - 1) / grain * grain)
        guard end > from else { return }
        scene.files[file].streams[index].fetchedTo = end
        // Near the reader no request is longer than its distance from him: what he wants next does not come last.
        var start = from
        while start < end {
            let distance = start - scene.files[file].streams[index].frontier
            let length =
                distance < Self.pieceMax
                ? min(end - start, Self.piece(at: distance, unit: scene.arbiter.tuning.unit))
                : end - start
            let due = scene.files[file].streams[index].due(
                in: distance, through: length, at: event.at)
            scene.propose(
                Candidate(
                    file, start..<(start + length), probability: because.confidence, .sequential,
                    because, due: due), at: event.at, &plan)
            start += length
        }
    }

    /// From here on the tiers' own requests are the shorter ones.
    private static let pieceMax: Int64 = 512 << 10

    private static func piece(at distance: Int64, unit: Int64) -> Int64 {
        (max(JumpPredictor.jumpFirst, distance) + unit - 1) / unit * unit
    }

    private func fetchBackward(
        _ index: Int, of file: Int, _ window: Int64, _ event: ReadEvent,
        _ because: Prediction.Because, in scene: inout Scene, _ plan: inout PrefetchPlan
    ) {
        let to = scene.files[file].streams[index].fetchedTo
        let goal = max(0, scene.files[file].streams[index].frontier - window)
        let start = goal / scene.arbiter.tuning.unit * scene.arbiter.tuning.unit
        guard start < to else { return }
        scene.files[file].streams[index].fetchedTo = start
        let distance = scene.files[file].streams[index].frontier - to
        let due = scene.files[file].streams[index].due(
            in: distance, through: to - start, at: event.at)
        scene.propose(
            Candidate(
                file, start..<to, probability: because.confidence, .backward, because, due: due),
            at: event.at, &plan)
    }

    private func fetchStrided(
        _ index: Int, of file: Int, _ window: Int64, _ event: ReadEvent,
        _ because: Prediction.Because, in scene: inout Scene, _ plan: inout PrefetchPlan
    ) {
        let stream = scene.files[file].streams[index]
        let unit = scene.arbiter.tuning.unit
        let stepsMax = max(1, window / stream.readBytes(unit: unit))
        let last = stream.frontier + stream.stride * stepsMax
        var at = stream.fetchedTo
        var pending: Range<Int64>?
        var steps = (from: 0, now: 0)
        while stream.stride > 0 ? at < last : at > last, plan.requests.count < Arbiter.requestsMax {
            at += stream.stride
            steps.now += 1
            guard at >= 0, at < event.fileSize else { break }
            let start = at / unit * unit
            let end = min(event.fileSize, (at + Int64(stream.last.count) + unit - 1) / unit * unit)
            // What rounding makes adjacent is one request.
            if let known = pending, start <= known.upperBound, end >= known.lowerBound {
                pending = min(start, known.lowerBound)..<max(end, known.upperBound)
                continue
            }
            if let known = pending {
                predictStep(index, of: file, known, steps.from, because, event, in: &scene, &plan)
            }
            pending = start..<end
            steps.from = steps.now
        }
        if let known = pending {
            predictStep(index, of: file, known, steps.from, because, event, in: &scene, &plan)
        }
        scene.files[file].streams[index].fetchedTo = at
    }

    /// - Parameter steps: reads until the reader gets there.
    private func predictStep(
        _ index: Int, of file: Int, _ range: Range<Int64>, _ steps: Int,
        _ because: Prediction.Because, _ event: ReadEvent, in scene: inout Scene,
        _ plan: inout PrefetchPlan
    ) {
        let read = Int64(scene.files[file].streams[index].last.count)
        let due = scene.files[file].streams[index].due(
            in: Int64(steps) * read, through: read, at: event.at)
        scene.propose(
            Candidate(
                file, range, probability: because.confidence, .strided, because, due: due),
            at: event.at, &plan)
    }
}

extension AccessStream {
    var reason: PrefetchReason {
        switch kind {
        case .new, .forward: .sequential
        case .backward: .backward
        case .strided: .strided
        }
    }

    /// Where the bytes lie that were fetched ahead of it.
    var aheadRange: Range<Int64> {
        min(frontier, fetchedTo)..<max(frontier, fetchedTo)
    }

    mutating func abandon() {
        fetchedTo = frontier
        window = 0
        dueUntil = .zero
    }

    /// When the reader is expected `bytes` further on, and asked there for `length` bytes more.
    ///
    /// Never sooner than what was asked for before, which is nearer: a reader who became faster since would be served
    /// from the far end.
    mutating func due(in bytes: Int64, through length: Int64, at now: Duration) -> Duration {
        let way = PrefetchSchedule.way(max(0, bytes), pace: rate ?? 0)
        let due = min(max(now + way, dueUntil), now + PrefetchSchedule.horizon)
        dueUntil = due + PrefetchSchedule.way(length, pace: rate ?? 0)
        return due
    }
}

extension Prediction.Because {
    init(_ stream: borrowing AccessStream) {
        self.init(
            reads: stream.readsInOrder, rate: stream.rate, stride: stream.stride,
            confidence: stream.reads < 3 ? 0.5 : stream.confidence)
    }
}
