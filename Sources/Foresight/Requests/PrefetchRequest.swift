public import Model

/// Number of a prediction, unique in one run; how its outcome is told apart from others'.
public struct PredictionNumber: Hashable, Sendable {
    public var value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }
}

/// Why something is fetched before it is asked for. The scorecard is kept by reason.
public enum PrefetchReason: String, Sendable, Hashable, CaseIterable {
    /// A stream that goes forward through the file.
    case sequential
    /// A stream that goes from the end to the start.
    case backward
    /// Reads at a constant step that is larger than the read.
    case strided
    /// Head and tail of media that was opened.
    case container
    /// The coming files of a folder that is read file after file.
    case sweep
    /// The next episode, track or part.
    case series
    /// What belongs to a file that was opened: subtitles, artwork, notes.
    case sidecar
    /// What is mostly opened soon after what was opened.
    case correlated
}

/// What Foresight would like to have in memory. A wish: the tiers bound it and may refuse.
public struct PrefetchRequest: Sendable, Hashable {
    public var number: PredictionNumber
    public var file: FileNumber
    /// Bytes, inside the file.
    public var range: Range<Int64>
    /// 0 ... 1.
    public var confidence: Double
    public var reason: PrefetchReason
    /// When the first of its bytes is expected to be asked for; the share is asked in this order.
    public var due: Duration
    /// Bytes per second at which the reader then comes through it; 0 where that is not known.
    public var pace: Double

    public init(
        number: PredictionNumber, file: FileNumber, range: Range<Int64>, confidence: Double,
        reason: PrefetchReason, due: Duration = .zero, pace: Double = 0
    ) {
        self.number = number
        self.file = file
        self.range = range
        self.confidence = confidence
        self.reason = reason
        self.due = due
        self.pace = pace
    }

    /// When which of its bytes will be wanted: who reads backwards comes from its end.
    public var schedule: PrefetchSchedule {
        PrefetchSchedule(
            due: due, origin: reason == .backward ? range.upperBound : range.lowerBound, pace: pace)
    }
}

/// What follows from one event; empty for most.
public struct PrefetchPlan: Sendable {
    /// Best first.
    public var requests: [PrefetchRequest] = []
    /// Predictions that became pointless: what of them has not started is not to be fetched.
    public var cancellations: [PrefetchRequest] = []
    /// Folders whose listing will be wanted.
    public var listings: [FolderNumber] = []

    public init() {}

    public var isEmpty: Bool { requests.isEmpty && cancellations.isEmpty && listings.isEmpty }
}
