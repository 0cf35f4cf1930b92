/// One line of a trace, 40 bytes.
public struct TraceEvent: Sendable, Hashable {
    /// The letters of the trace format.
    public enum Operation: UInt8, Sendable {
        case read = 0x52  // R
        case write = 0x57  // W
        case open = 0x4F  // O
        case close = 0x43  // C
        case list = 0x44  // D
        case lookup = 0x53  // S
    }

    /// Nanoseconds since the trace's zero.
    public var at: Int64
    /// Bytes; for a listing, entries.
    public var offset: Int64
    public var length: UInt32
    /// Position in ``Trace/fileIDs``.
    public var file: UInt32
    /// Position in ``Trace/readers``.
    public var reader: UInt32
    /// Number of the open; 0 for none.
    public var handle: UInt32
    public var operation: Operation

    public var end: Int64 { offset + Int64(length) }
}
