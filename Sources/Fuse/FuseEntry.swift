public import Model

/// The answer to a lookup: a node, what it is, and for how long the kernel may believe it.
///
/// Every reply that carries an entry with a node id other than 0 adds one to that node's lookup count;
/// the kernel gives the count back through `forget`.
public struct FuseEntry: Sendable {
    /// 0 makes a negative entry: the kernel remembers for ``entryTimeout`` that there is no such name.
    public var nodeID: UInt64
    /// Together with the node id unique for as long as the file system is mounted.
    public var generation: UInt64
    /// `attributes.inode` is what `stat` shows as `st_ino`.
    public var attributes: FileAttributes
    /// Seconds; 0 asks every time.
    public var attributeTimeout: Double
    /// Seconds; 0 asks every time.
    public var entryTimeout: Double

    public init(
        nodeID: UInt64, generation: UInt64 = 0, attributes: FileAttributes,
        attributeTimeout: Double, entryTimeout: Double
    ) {
        self.nodeID = nodeID
        self.generation = generation
        self.attributes = attributes
        self.attributeTimeout = attributeTimeout
        self.entryTimeout = entryTimeout
    }

    /// There is no such name, and that may be believed for `timeout` seconds.
    public static func negative(timeout: Double) -> FuseEntry {
        FuseEntry(
            nodeID: 0, attributes: FileAttributes(inode: 0, mode: 0), attributeTimeout: 0,
            entryTimeout: timeout)
    }
}
