/// Why a view did not come up, as a person is told: what, which path, what to do.
public struct MountFailure: Error, Hashable, Sendable {
    /// The exit codes of the `larder` command that a failed mount can have.
    public enum Kind: Int32, Sendable, Codable {
        /// It was tried, or checked, and does not work.
        case failed = 1
        /// The command line asks for something impossible.
        case usage = 2
        /// This share is mounted at this view already.
        case alreadyMounted = 3
    }

    public var kind: Kind
    public var message: String

    public init(_ message: String, kind: Kind = .failed) {
        self.kind = kind
        self.message = message
    }
}
