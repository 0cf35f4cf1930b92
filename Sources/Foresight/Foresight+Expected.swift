import Habits
public import Model

/// What is expected because of other files and of times.
extension Foresight {
    /// Of one answer; what is less sure comes with the next event.
    static let expectedMax = 10

    /// Somebody expects files to be opened. What of that is fetched is the ``Arbiter``'s to say, as of every candidate, and by one more
    /// rule: ``FinalConfidence`` must reach what the strategy asks for.
    ///
    /// - Parameter expected: the surest first.
    public mutating func expect(_ expected: [ExpectedFile], at now: Duration) -> PrefetchPlan {
        var plan = PrefetchPlan()
        guard scene.arbiter.windowMax.bytes > 0 else { return plan }
        notice(now)
        for file in expected.prefix(Self.expectedMax) {
            guard scene.arbiter.allows(file.reason, [.rest, .budget, .allowance]) else {
                continue
            }
            let sureness = scene.arbiter.sureness(of: file)
            guard sureness != .none else { continue }
            let place = scene.files.touch(
                file.file.number, size: file.file.size, chunkSize: file.file.chunkSize)
            if scene.files[place].facts == nil { scene.files[place].facts = file.file }
            var because = Prediction.Because(confidence: file.probability)
            because.text = file.because
            scene.propose(
                Candidate(
                    place, 0..<min(max(0, file.bytes), file.file.size),
                    probability: file.probability, file.reason, because,
                    due: max(now, file.window.lowerBound), until: file.window.upperBound,
                    relatedType: file.file.contentType, isWatched: sureness == .watched),
                at: now, &plan)
        }
        return plan
    }

    /// Why nothing is fetched at the moment because of other files, in words; nil where something may be.
    public var restraint: String? { scene.arbiter.governor.restraint }

    /// What is asked of a file that is expected, and how far ahead.
    public var strategy: Strategy { scene.arbiter.strategy.current }
}

extension Arbiter {
    enum Sureness {
        case none
        /// It would be sure enough if its reason had not been wrong so often of late: what comes of it shows whether that is over.
        case watched
        case full
    }

    func sureness(of expected: ExpectedFile) -> Sureness {
        var confidence = FinalConfidence(
            probability: expected.probability, accuracy: ledger[expected.reason].recent.value,
            resourcesFree: governor.resourcesFree(of: strategy.current.resourcesMax),
            context: FinalConfidence.Context(isSequential: true, bytes: expected.bytes))
        if confidence.value >= strategy.current.confidenceMin { return .full }
        confidence.accuracy = RecentAccuracy.unknown
        return confidence.value >= strategy.current.confidenceMin ? .watched : .none
    }
}
