/// What a running mount says of itself in the runtime directory, for those who look for it.
public struct RegistryEntry: Codable, Hashable, Sendable {
    public static let versionNow = 1

    public var version = Self.versionNow
    /// Canonical mountpoint.
    public var view: String
    /// Canonical path of what is cached.
    public var share: String
    public var pid: Int32
    /// Seconds since 1970.
    public var started: Int64

    public init(view: String, share: String, pid: Int32, started: Int64) {
        self.view = view
        self.share = share
        self.pid = pid
        self.started = started
    }
}
