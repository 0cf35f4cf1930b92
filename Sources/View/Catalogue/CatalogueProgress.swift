/// How far the view knows the whole tree of its share.
public struct CatalogueProgress: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case off
        /// Before the first round.
        case waiting
        case walking
        /// The share is in use.
        case paused
        /// The share does not answer, or the index takes nothing for now.
        case away
        /// All is known, as of the last round.
        case complete
        /// The share has more names than are catalogued unasked.
        case tooLarge
        /// The index has no room for more listings.
        case indexFull

        /// A round is under way.
        var isOfRound: Bool { self == .walking || self == .paused || self == .away }
    }

    /// Of one round.
    public struct Round: Sendable, Hashable {
        public var folders = 0
        /// Of all kinds, in these folders.
        public var names = 0
        /// Folders whose names were asked for: they had changed, or were not known.
        public var listed = 0
        /// Folders that could not be listed, or lead back to one above.
        public var skipped = 0
    }

    public internal(set) var state = State.off
    /// Of the round under way; else of the last one.
    public internal(set) var round = Round()
    /// Of the last round that came to its end.
    public internal(set) var lastRound: Round?
    /// When that was (monotonic), and how long it took.
    public internal(set) var lastEnd: Duration?
    public internal(set) var lastTook: Duration?
    /// When the next one begins (monotonic).
    public internal(set) var nextRound: Duration?

    var folders: Int {
        get { round.folders }
        set { round.folders = newValue }
    }
    var names: Int {
        get { round.names }
        set { round.names = newValue }
    }
    var listed: Int {
        get { round.listed }
        set { round.listed = newValue }
    }
    var skipped: Int {
        get { round.skipped }
        set { round.skipped = newValue }
    }

    mutating func begin() {
        round = Round()
        nextRound = nil
        state = .walking
    }

    mutating func end(at now: Duration, took: Duration, next: Duration) {
        state = .complete
        lastRound = round
        lastEnd = now
        lastTook = took
        nextRound = next
    }
}
