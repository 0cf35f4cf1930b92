import Model

/// Inside a file.
extension Foresight {
    /// Tops a stream's window up where the reader has used half of it.
    mutating func planStream(
        _ index: Int, of file: Int, _ event: ReadEvent, type: Int, _ plan: inout PrefetchPlan
    ) {
        let window = files[file].streams[index].window
        let ahead = files[file].streams[index].ahead(unit: tuning.unit)
        guard window == 0 || ahead < window / 2 else { return }
        let target = target(
            of: index, of: file, event, type: type, reason: files[file].streams[index].reason)
        guard target > 0, ahead < target / 2 || ahead == 0 else {
            files[file].streams[index].window = target
            return
        }
        let next = planner.next(
            window, target: target,
            lastRead: Int64(files[file].streams[index].last.count))
        files[file].streams[index].window = next
        guard next > ahead, budgetLeft > 0 else { return }
        // Under a limit, a request that is worth its round trip or none.
        let granted = min(next, ahead + min(allowance.left, next))
        guard granted - ahead >= min(next - ahead, tuning.firstWindow) else { return }
        skipWhatIsPredicted(index, of: file)
        let because = Prediction.Because(files[file].streams[index])
        switch files[file].streams[index].kind {
        case .new, .forward: fetchForward(index, of: file, granted, event, because, &plan)
        case .backward: fetchBackward(index, of: file, granted, event, because, &plan)
        case .strided: fetchStrided(index, of: file, granted, event, because, &plan)
        }
    }

    /// Changes nothing; `mutating`, for the compiler copies all of `self` for a call that does not.
    private mutating func target(
        of index: Int, of file: Int, _ event: ReadEvent, type: Int, reason: PrefetchReason
    ) -> Int64 {
        let stream = files[file].streams[index]
        let chance = strategy.current.chanceMin
        let gone = stream.marks.gone(stream.situation, progress: stream.progress)
        // What the next reads take, and what the link has on the wire meanwhile; for somebody who will mostly read on,
        // what keeps it full.
        let wires = stream.isReadingOn(fileSize: event.fileSize) ? WindowPlanner.linkFactor : 1
        let onTheWire =
            wires * link.bandwidth * (link.roundTrip / .seconds(1)) / Double(tuning.unit)
        // Where nothing is known of the link there is none to keep full: what the reader takes while a share may answer is
        // all that has to be early. What lies beyond can be fetched later as well, and surer.
        let isKnown = link.roundTrip > .zero
        let meanwhile =
            isKnown
            ? 0 : (stream.rate ?? 0) * WindowPlanner.unknownRoundTrip / Double(tuning.unit)
        let near = max(
            4, 2 * stream.lastUnits, Int64(min(max(onTheWire, meanwhile), 4096).rounded(.up)))
        let farChance = isKnown ? RunSurvival.farChanceMin : nil
        let worth: Int64
        if let own = files[file].survival {
            worth = own.unitsWorth(
                stream.situation, gone: gone, near: near, chance: chance, farChance: farChance,
                general: survival[type])
        } else {
            worth = survival[type].unitsWorth(
                stream.situation, gone: gone, near: near, chance: chance, farChance: farChance,
                general: nil)
        }
        guard worth > 0 else { return 0 }
        var target = planner.target(
            stream, worth: worth,
            limits: WindowPlanner.Limits(windowMax: windowLimit, link: link))
        let divisor = ledger[reason].windowDivisor
        target =
            divisor == 0
            ? min(target, tuning.firstWindow) : max(target / divisor, min(target, tuning.unit))
        // Who begins with less than a unit mostly looks what kind of file it is.
        if stream.reads == 1, stream.startsFile, event.range.count < tuning.unit {
            target = min(target, StreamTuning.sniffUnits * tuning.unit)
        }
        if governor.restraint != nil { target = min(target, planner.linkFloor(link)) }
        if readers.isScanner(event.reader) { target = min(target, 4 * tuning.unit) }
        // A sweep that takes heads: nothing beyond them, until somebody reads on.
        if let facts = files[file].facts, let head = folders.headOnly(facts.folder),
            stream.kind != .strided, stream.frontier <= head
        {
            target = min(target, head - stream.frontier)
        }
        return target
    }

    /// A sweep or a probe may have asked for the next bytes already.
    private mutating func skipWhatIsPredicted(_ index: Int, of file: Int) {
        guard files[file].streams[index].kind == .new || files[file].streams[index].kind == .forward
        else { return }
        for known in files[file].outstanding {
            let upTo = files[file].streams[index].fetchedTo
            if known.range.lowerBound <= upTo, known.range.upperBound > upTo, ledger.isOpen(known) {
                files[file].streams[index].fetchedTo = known.range.upperBound
            }
        }
    }

    private mutating func fetchForward(
        _ index: Int, of file: Int, _ window: Int64, _ event: ReadEvent,
        _ because: Prediction.Because, _ plan: inout PrefetchPlan
    ) {
        let from = files[file].streams[index].fetchedTo
        let goal = files[file].streams[index].frontier + window
        // Whole chunks where the window has room for them: the end of a request is the start of the next.
        let chunk = Int64(event.chunkSize)
        let grain = window >= 2 * chunk ? chunk : tuning.unit
        let end = min(event.fileSize, (goal + grain - 1) / grain * grain)
        guard end > from else { return }
        files[file].streams[index].fetchedTo = end
        // Near the reader no request is longer than its distance from him: what he wants next does not come last.
        var start = from
        while start < end {
            let distance = start - files[file].streams[index].frontier
            let length =
                distance < Self.pieceMax ? min(end - start, piece(at: distance)) : end - start
            predict(
                file, start..<(start + length), confidence: because.confidence, .sequential,
                because, at: event.at,
                due: files[file].streams[index].due(in: distance, through: length, at: event.at),
                &plan)
            start += length
        }
    }

    /// From here on the tiers' own requests are the shorter ones.
    private static let pieceMax: Int64 = 512 << 10

    private func piece(at distance: Int64) -> Int64 {
        (max(Self.jumpFirst, distance) + tuning.unit - 1) / tuning.unit * tuning.unit
    }

    private mutating func fetchBackward(
        _ index: Int, of file: Int, _ window: Int64, _ event: ReadEvent,
        _ because: Prediction.Because, _ plan: inout PrefetchPlan
    ) {
        let to = files[file].streams[index].fetchedTo
        let goal = max(0, files[file].streams[index].frontier - window)
        let start = goal / tuning.unit * tuning.unit
        guard start < to else { return }
        files[file].streams[index].fetchedTo = start
        predict(
            file, start..<to, confidence: because.confidence, .backward, because, at: event.at,
            due: files[file].streams[index].due(
                in: files[file].streams[index].frontier - to, through: to - start, at: event.at),
            &plan)
    }

    private mutating func fetchStrided(
        _ index: Int, of file: Int, _ window: Int64, _ event: ReadEvent,
        _ because: Prediction.Because, _ plan: inout PrefetchPlan
    ) {
        let stream = files[file].streams[index]
        let unit = tuning.unit
        let stepsMax = max(1, window / stream.readBytes(unit: unit))
        let last = stream.frontier + stream.stride * stepsMax
        var at = stream.fetchedTo
        var pending: Range<Int64>?
        var steps = (from: 0, now: 0)
        while stream.stride > 0 ? at < last : at > last, plan.requests.count < Self.requestsMax {
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
                predictStep(index, of: file, known, steps.from, because, event, &plan)
            }
            pending = start..<end
            steps.from = steps.now
        }
        if let known = pending {
            predictStep(index, of: file, known, steps.from, because, event, &plan)
        }
        files[file].streams[index].fetchedTo = at
    }

    /// - Parameter steps: reads until the reader gets there.
    private mutating func predictStep(
        _ index: Int, of file: Int, _ range: Range<Int64>, _ steps: Int,
        _ because: Prediction.Because, _ event: ReadEvent, _ plan: inout PrefetchPlan
    ) {
        let read = Int64(files[file].streams[index].last.count)
        predict(
            file, range, confidence: because.confidence, .strided, because, at: event.at,
            due: files[file].streams[index].due(
                in: Int64(steps) * read, through: read, at: event.at),
            &plan)
    }

    /// A reader has begun to read elsewhere: what was fetched ahead of its last stream, and has not been used by anybody
    /// since, is pointless.
    mutating func cancelAbandoned(by index: Int, of file: Int, _ plan: inout PrefetchPlan) {
        let mover = files[file].streams[index]
        for other in files[file].streams.indices where other != index {
            let stream = files[file].streams[other]
            guard stream.reader.handle == mover.reader.handle, stream.stamp < mover.born,
                stream.kind != .new, stream.ahead(unit: tuning.unit) > 0
            else { continue }
            let pointless = stream.aheadRange
            for known in files[file].outstanding
            where known.range.overlaps(pointless) && ledger.isOpen(known) {
                let request = ledger.request(at: known.place)
                guard request.reason == stream.reason else { continue }
                ledger.cancel(known.place)
                plan.cancellations.append(request)
            }
            files[file].streams[other].abandon()
        }
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
