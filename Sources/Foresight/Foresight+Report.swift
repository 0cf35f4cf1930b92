/// What people see.
extension Foresight {
    static let streamsReported = 64
    static let decisionsReported = 32

    public func report(at now: Duration) -> ForesightReport {
        var streams: [StreamReport] = []
        for track in scene.files.all {
            for stream in track.streams where stream.reads > 1 || track.streams.count == 1 {
                streams.append(report(stream, of: track, at: now))
            }
        }
        streams.sort { ($0.idle, $0.file) < ($1.idle, $1.file) }
        return ForesightReport(
            strategy: scene.arbiter.strategy.current, isFixed: scene.arbiter.strategy.fixed != nil,
            restraint: scene.arbiter.governor.words, rateMax: scene.arbiter.allowance.rate,
            streams: Array(streams.prefix(Self.streamsReported)),
            scores: scene.arbiter.ledger.report(), coverage: scene.arbiter.ledger.coverage,
            trafficRatio: scene.arbiter.ledger.trafficRatio)
    }

    private func report(
        _ stream: AccessStream, of track: FileTrack, at now: Duration
    ) -> StreamReport {
        StreamReport(
            file: track.number, program: stream.reader.program, pattern: stream.kind.text,
            confidence: stream.confidence, position: stream.frontier, fileSize: track.size,
            stride: stream.stride, window: stream.window,
            ahead: stream.ahead(unit: scene.arbiter.tuning.unit), rate: stream.rate ?? 0,
            reads: stream.reads,
            idle: now - stream.lastAt)
    }

    /// nil for a file of which nothing was seen.
    public func explain(_ file: FileNumber, at now: Duration) -> FileExplanation? {
        guard let place = scene.files.place(of: file) else { return nil }
        let track = scene.files[place]
        let streams = track.streams.map { report($0, of: track, at: now) }
        let (pattern, confidence) = Self.pattern(of: track)
        return FileExplanation(
            opens: track.opens, reads: track.reads, pattern: pattern, confidence: confidence,
            consistency: track.steps.consistency, randomness: track.steps.randomness,
            streams: streams.sorted { $0.idle < $1.idle },
            decisions: scene.arbiter.ledger.predictions(of: file, max: Self.decisionsReported).map(
                Self.decision),
            sweep: track.facts.flatMap { sweepText($0.folder) })
    }

    private static func pattern(of track: FileTrack) -> (String, Double) {
        // The planner's own words: what it does not follow is no stream to a person.
        let lasting = track.streams.filter {
            $0.readsInOrder >= 3 && $0.confidence >= WindowPlanner.confidenceMin
                && WindowPlanner.isFollowed($0)
        }
        let best = lasting.map(\.confidence).max() ?? 0
        switch lasting.count {
        case 0:
            guard track.reads >= 3 else { return ("too few reads to tell", 0) }
            return ("random", track.steps.randomness)
        case 1: return (lasting[0].kind.text, best)
        default: return ("\(lasting.count) streams", best)
        }
    }

    private func sweepText(_ folder: FolderNumber) -> String? {
        guard let sweep = scene.folders[folder], let order = sweep.order else { return nil }
        let what =
            sweep.profile.headOnly.map { "the first \($0 / 1024) KiB of each" } ?? "whole files"
        return "\(sweep.visited) files \(order.text), \(what)"
    }

    private static func decision(_ prediction: Prediction) -> FileExplanation.Decision {
        FileExplanation.Decision(
            at: prediction.at, reason: prediction.request.reason, because: prediction.words,
            range: prediction.request.range, issued: prediction.issued,
            used: prediction.bytes(prediction.used), outcome: prediction.outcome)
    }
}

extension AccessStream.Kind {
    var text: String {
        switch self {
        case .new: "new"
        case .forward: "sequential"
        case .backward: "backward"
        case .strided: "strided"
        }
    }
}

extension Prediction {
    /// For a person.
    var words: String {
        let percent = Int((because.confidence * 100).rounded())
        switch request.reason {
        case .sequential, .backward:
            let pace = because.rate.map { ", \(Self.rate($0))" } ?? ""
            return
                "\(because.reads) \(because.reads == 1 ? "read" : "reads") \(request.reason == .backward ? "backwards" : "in order")\(pace), \(percent) % sure"
        case .strided:
            return "\(because.reads) reads \(because.stride) bytes apart, \(percent) % sure"
        case .container: return "players look there when they open such a file"
        case .sweep:
            return "\(because.reads) files before it were opened in order, \(percent) % sure"
        case .series: return "the one before it is nearly over"
        case .sidecar: return "it belongs to what was opened"
        case .correlated: return "\(because.text ?? "it is expected"), \(percent) % sure"
        }
    }

    private static func rate(_ bytesPerSecond: Double) -> String {
        let tenths = Int((bytesPerSecond / 1e5).rounded())
        return "\(tenths / 10).\(tenths % 10) MB/s"
    }

    var outcome: String {
        switch state {
        case .waiting: "waiting"
        case .inFlight: used == 0 ? "in flight" : "used late"
        case .ready: used == 0 ? "ready" : "used"
        case .settled:
            used == 0
                ? "unused"
                : late != 0 && late.nonzeroBitCount * 2 > used.nonzeroBitCount
                    ? "used late" : "used"
        case .present: "already there"
        case .cancelled: "cancelled"
        case .shadow: "only watched"
        }
    }
}
