/// Tells the reads of one open file from those of another.
public struct OpenHandle: Hashable, Sendable {
    public var number: UInt64

    public init(_ number: UInt64) {
        self.number = number
    }
}
