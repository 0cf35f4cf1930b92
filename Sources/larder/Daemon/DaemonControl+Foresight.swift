import Control
import Foresight
import Model
import Platform
import View

/// What Foresight says, in the words of the control socket.
extension DaemonControl {
    func foresight() -> ForesightStatus {
        ForesightStatus(view.foresightReport(), path: view.path(of:))
    }

    func explanation(of path: RelativePath) -> ExplanationReport {
        ExplanationReport(
            path: path,
            file: view.knownFile(at: path).map { file in
                ExplanationReport.File(file.attributes) {
                    var content = view.content(of: path, size: file.attributes.size)
                    content.tier = present(content.tier)
                    return content
                }
            },
            seen: view.explanation(of: path)
                .map { ExplanationReport.Seen($0, path: path, now: clock.monotonic) },
            habits: habits(of: path))
    }

    /// Where files stay that are for a tier, which this view may not have.
    private func present(_ tier: ContentSettings.Tier) -> ContentSettings.Tier {
        if disk == nil { return .memory }
        return tier == .storage && storage == nil ? .disk : tier
    }
}

extension ForesightStatus {
    /// - Parameter path: where a file is; nil once no name leads there.
    init(_ report: ForesightReport, path: (FileNumber) -> RelativePath?) {
        self.init(
            strategy: report.strategy.rawValue, pinned: report.isFixed,
            restraint: report.restraint, limitBytesPerSecond: report.rateMax?.bytes,
            coverage: report.coverage.orZero,
            trafficRatio: report.trafficRatio.orZero,
            streams: report.streams.map { StreamStatus($0, path: path($0.file)) },
            scores: report.scores.map(ScoreStatus.init))
    }
}

extension StreamStatus {
    init(_ stream: StreamReport, path: RelativePath?) {
        self.init(
            path: path, program: stream.program, pattern: stream.pattern,
            confidence: stream.confidence.orZero, positionBytes: stream.position,
            sizeBytes: stream.fileSize, strideBytes: stream.stride, windowBytes: stream.window,
            aheadBytes: stream.ahead, bytesPerSecond: stream.rate.orZero, reads: stream.reads,
            idleSeconds: stream.idle.inSeconds)
    }
}

extension ScoreStatus {
    init(_ score: ScoreReport) {
        self.init(
            reason: score.reason.rawValue, predictions: score.predictions,
            issuedBytes: score.issued, usedInTimeBytes: score.usedInTime,
            usedLateBytes: score.usedLate, unusedBytes: score.unused,
            inFlightBytes: score.inFlight, accuracy: score.accuracy?.finite,
            precision: score.precision?.finite, recall: score.recall?.finite,
            standing: score.trust)
    }
}

extension ExplanationReport.File {
    /// - Parameter content: how it is dealt with; asked for files only.
    init(_ attributes: FileAttributes, content: () -> KnownContent) {
        switch attributes.kind {
        case .regular: self.init(content(), sizeBytes: attributes.size)
        case .directory: self.init(kind: .folder, sizeBytes: 0)
        case .symbolicLink: self.init(kind: .link, sizeBytes: attributes.size)
        default: self.init(kind: .other, sizeBytes: attributes.size)
        }
    }

    private init(_ content: KnownContent, sizeBytes: Int64) {
        self.init(
            kind: .file, sizeBytes: sizeBytes, contentType: "\(content.finding.type)",
            chunkBytes: Int64(content.chunkSize), compression: "\(content.compression)",
            prefetchThreshold: content.prefetchThreshold, tier: content.tier.rawValue)
        switch content.finding.reason {
        case .pattern(let text): (recognisedBy, recognisedAs) = ("pattern", text)
        case .folder: recognisedBy = "folder"
        case .fileExtension: recognisedBy = "extension"
        case .leadingDot: recognisedBy = "leadingDot"
        case .firstBytes(let format): (recognisedBy, recognisedAs) = ("firstBytes", format)
        case .nothing: recognisedBy = "nothing"
        }
    }
}

extension ExplanationReport.Seen {
    /// - Parameter now: the clock that the decisions' times are of.
    init(_ explanation: FileExplanation, path: RelativePath, now: Duration) {
        self.init(
            opens: explanation.opens, reads: explanation.reads, pattern: explanation.pattern,
            confidence: explanation.confidence.orZero,
            consistency: explanation.consistency.orZero,
            randomness: explanation.randomness.orZero, sweep: explanation.sweep,
            streams: explanation.streams.map { StreamStatus($0, path: path) },
            decisions: explanation.decisions.map { decision in
                ExplanationReport.Decision(
                    secondsAgo: max(0, (now - decision.at).inSeconds),
                    reason: decision.reason.rawValue, because: decision.because,
                    startBytes: decision.range.lowerBound, endBytes: decision.range.upperBound,
                    issuedBytes: decision.issued, usedBytes: decision.used,
                    outcome: decision.outcome)
            })
    }
}

extension Double {
    /// JSON has no word for what is no number, and one such figure would cost the whole answer.
    fileprivate var finite: Double? { isFinite ? self : nil }
    var orZero: Double { finite ?? 0 }
}
