/// What a detector has found: a kind of pattern, how sure it is, and why.
///
/// The detectors of this room look across files and time. They are pure: no clock, no I/O, no lock of their own. Whoever owns one
/// tells it of each open or miss with its time and asks it what follows; the same events give the same answers. Every table
/// has a bound, and what a bound pushes out is forgotten, never guessed.
public struct Detection: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// One follows another.
        case correlated
        /// At the same time of day, on the same kind of day, or at equal intervals.
        case periodic
        /// Much more often than usual, now.
        case burst
        /// The next of a folder that is gone through in order.
        case series
    }

    public var kind: Kind
    /// 0 ... 1.
    public var confidence: Double
    /// For a person: a clause without a full stop.
    public var reason: String

    public init(_ kind: Kind, confidence: Double, reason: String) {
        self.kind = kind
        self.confidence = min(1, max(0, confidence))
        self.reason = reason
    }
}
