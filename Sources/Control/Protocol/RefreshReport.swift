public import Model

/// What is to be asked for anew of one path.
public struct RefreshReport: Codable, Hashable, Sendable {
    public var path: WirePath
    /// Files and folders that were known.
    public var known: Int

    public init(path: RelativePath, known: Int) {
        self.path = WirePath(path)
        self.known = known
    }
}
