/// One thing that was fetched, or would have been, before it was asked for, and what came of it.
struct Prediction: Sendable {
    enum State: Sendable {
        /// Given to the owner, who has not said what became of it.
        case waiting
        case inFlight
        case ready
        /// All of it was read, or thrown out, or it is too old.
        case settled
        /// Nothing had to be fetched.
        case present
        case cancelled
        /// Its reason is switched off: only watched.
        case shadow
    }

    /// What made us, for ``FileExplanation``; words are made of it only when somebody asks.
    struct Because: Sendable {
        var reads: Int = 0
        var rate: Double?
        var stride: Int64 = 0
        var confidence: Double = 0
        /// Of a reason that is found outside, in its words.
        var text: String?
    }

    var request: PrefetchRequest
    var because: Because
    var at: Duration
    /// From when on it is getting old.
    var until = Duration.zero
    var state = State.waiting
    /// Bytes that had to be fetched.
    var issued: Int64 = 0
    /// Sixty-fourths of the range that were read, those of them before they had come, and those thrown out unread.
    var used: UInt64 = 0
    var late: UInt64 = 0
    var lost: UInt64 = 0

    var isOpen: Bool {
        switch state {
        case .waiting, .inFlight, .ready, .shadow: true
        case .settled, .present, .cancelled: false
        }
    }

    /// The sixty-fourths that a range touches (covers, if `whole`).
    func slices(of range: Range<Int64>, whole: Bool = false) -> UInt64 {
        let part = range.clamped(to: request.range)
        guard !part.isEmpty else { return 0 }
        let length = Int64(request.range.count)
        let from = part.lowerBound - request.range.lowerBound
        let to = part.upperBound - request.range.lowerBound
        let first = whole ? (from * 64 + length - 1) / length : from * 64 / length
        let end = whole ? to * 64 / length : (to * 64 + length - 1) / length
        guard end > first else { return 0 }
        let count = UInt64(end - first)
        let bits: UInt64 = count >= 64 ? .max : (1 << count) - 1
        return bits << UInt64(first)
    }

    /// Bytes that were fetched for so many of the sixty-fourths.
    func bytes(_ slices: UInt64) -> Int64 { issued * Int64(slices.nonzeroBitCount) / 64 }
}
