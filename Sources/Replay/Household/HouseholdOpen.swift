/// One open in the household.
public struct HouseholdOpen: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case episode, document, photo, noise, scan
    }

    public var kind: Kind
    /// Place in ``Household/files``.
    public var file: Int
    /// Seconds since 1970.
    public var at: Int64
    /// Who opens: a number for user and program.
    public var session: UInt64
    /// Bytes that are read from the head on.
    public var readBytes: Int64
    /// Somebody who knows the people would have expected this very file at about this time. For the judging only: the first open of
    /// what has never been opened before of a new habit is none, nor is any photo, since it is each time another.
    public var isHabitual: Bool
}
