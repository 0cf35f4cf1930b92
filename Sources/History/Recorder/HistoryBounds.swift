public import Model

/// How long and how much is kept.
public struct HistoryBounds: Hashable, Sendable {
    public var ageMax: Duration
    public var bytesMax: ByteCount

    public init(
        ageMax: Duration = .seconds(90 * 86_400), bytesMax: ByteCount = ByteCount(200_000_000)
    ) {
        self.ageMax = ageMax
        self.bytesMax = bytesMax
    }
}
