/// A place in an open file.
public struct FusePosition: Hashable, Sendable {
    public var node: UInt64
    public var handle: UInt64
    /// Bytes.
    public var offset: Int64

    public init(node: UInt64, handle: UInt64, offset: Int64) {
        self.node = node
        self.handle = handle
        self.offset = offset
    }
}
