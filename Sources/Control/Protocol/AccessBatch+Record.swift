extension AccessBatch {
    /// One access. On the wire an array in the order of the properties, since there are thousands:
    /// `[17,1500000,"R",4,0,131072,0,9,"share",8200]`. What a newer daemon adds stands behind.
    public struct Record: Hashable, Sendable {
        /// The letters of the trace format.
        public enum Operation: String, Codable, Hashable, Sendable {
            case read = "R"
            case open = "O"
            case close = "C"
            case list = "D"
            case lookup = "S"
        }

        /// Counts from 1 in one run of the daemon.
        public var sequence: UInt64
        /// When it was asked for.
        public var arrivedMicroseconds: Int64
        public var operation: Operation
        /// A ``File/number``.
        public var file: UInt64
        /// Bytes; for a listing, entries.
        public var offset: Int64
        public var length: Int64
        /// Place in ``AccessBatch/readers``.
        public var reader: Int
        /// Of the open file.
        public var handle: UInt64
        /// Which tier had the bytes: `none`, `memory`, `disk`, `share`; the slowest that took part.
        public var source: String
        /// From arrival until the answer.
        public var durationMicroseconds: Int64

        public init(
            sequence: UInt64, arrivedMicroseconds: Int64, operation: Operation, file: UInt64,
            offset: Int64 = 0, length: Int64 = 0, reader: Int = 0, handle: UInt64 = 0,
            source: String = "none", durationMicroseconds: Int64 = 0
        ) {
            self.sequence = sequence
            self.arrivedMicroseconds = arrivedMicroseconds
            self.operation = operation
            self.file = file
            self.offset = offset
            self.length = length
            self.reader = reader
            self.handle = handle
            self.source = source
            self.durationMicroseconds = durationMicroseconds
        }
    }
}

extension AccessBatch.Record: Codable {
    public init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        sequence = try row.decode(UInt64.self)
        arrivedMicroseconds = try row.decode(Int64.self)
        operation = try row.decode(Operation.self)
        file = try row.decode(UInt64.self)
        offset = try row.decode(Int64.self)
        length = try row.decode(Int64.self)
        reader = try row.decode(Int.self)
        handle = try row.decode(UInt64.self)
        source = try row.decode(String.self)
        durationMicroseconds = try row.decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var row = encoder.unkeyedContainer()
        try row.encode(sequence)
        try row.encode(arrivedMicroseconds)
        try row.encode(operation)
        try row.encode(file)
        try row.encode(offset)
        try row.encode(length)
        try row.encode(reader)
        try row.encode(handle)
        try row.encode(source)
        try row.encode(durationMicroseconds)
    }
}
