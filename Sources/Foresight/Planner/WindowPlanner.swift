/// How far ahead of a stream to fetch.
///
/// The window follows the reader: what it consumes in ``lead``, at least what keeps the link full, at most what the
/// limits leave, and never beyond the point up to which such runs have been seen to last. It starts with
/// one small window and doubles each time it is topped up, which happens when the reader has used up half.
struct WindowPlanner: Sendable {
    /// Seconds of consumption to have ahead. A share that stalls for that long goes unnoticed; what a reader who stops
    /// leaves unread is as much.
    static let lead = 4.0
    /// Times bandwidth × round trip that keeps the link full while windows are topped up by halves.
    static let linkFactor = 4.0
    /// Seconds that a share of which nothing is known may take to answer: one that has to move a disk arm.
    static let unknownRoundTrip = 0.01
    /// A sequential pattern counts from this confidence on.
    static let confidenceMin = 0.7
    /// Part of what a stream goes past that it must read.
    static let densityMin = 0.5

    struct Limits: Sendable {
        /// Bytes ahead of this stream, at most.
        var windowMax: Int64
        var link: LinkState
    }

    let tuning: StreamTuning

    /// The window that a stream should have, in bytes; 0 for none.
    ///
    /// - Parameter unitsAhead: units that such a run has been seen to go on for; see ``RunSurvival``.
    func target(_ stream: borrowing AccessStream, unitsAhead: Int64, limits: Limits) -> Int64 {
        let unit = tuning.unit
        var runBytes =
            unitsAhead > limits.windowMax / unit ? limits.windowMax : unitsAhead * unit
        switch stream.kind {
        case .new:
            guard stream.startsFile else {
                runBytes = min(runBytes, tuning.firstWindow)
                break
            }
        case .forward, .backward, .strided: if !Self.isFollowed(stream) { return 0 }
        }
        var wanted = Int64.max
        if let rate = stream.rate {
            let floor = linkFloor(limits.link)
            wanted = max(bytes(rate * Self.lead), floor)
        }
        return min(wanted, runBytes, limits.windowMax)
    }

    /// Whether such a stream is read ahead at all, as far as it goes on.
    static func isFollowed(_ stream: borrowing AccessStream) -> Bool {
        switch stream.kind {
        case .new: return stream.startsFile
        case .forward, .backward:
            // One step makes no direction that is worth much, unless nothing was left out.
            if stream.reads >= 3, stream.confidence < confidenceMin { return false }
            // Somebody who hops along wants the places where he lands, not what lies between.
            return stream.density >= densityMin
        case .strided: return stream.reads >= 4
        }
    }

    /// What keeps the link full.
    func linkFloor(_ link: LinkState) -> Int64 {
        let roundTrip = link.roundTrip / .seconds(1)
        return max(tuning.firstWindow * 2, bytes(link.bandwidth * roundTrip * Self.linkFactor))
    }

    private func bytes(_ value: Double) -> Int64 {
        value >= 1e15 ? 1_000_000_000_000_000 : Int64(value)
    }

    /// Grows the window by at most a doubling towards `target`, from a first one that is worth a request or two of
    /// the reader's own; shrinks it at once.
    func next(_ window: Int64, target: Int64, lastRead: Int64) -> Int64 {
        min(target, max(tuning.firstWindow, window * 2, lastRead * 2))
    }
}
