public import Model

/// Some of what a daemon knows of a file, or of the names in a folder, without asking the share.
///
/// Whoever lists a folder asks again and again with ``next``, until that is nil.
public struct KnownBatch: Codable, Hashable, Sendable {
    public enum Knowledge: String, Codable, Hashable, Sendable {
        /// A folder, all of whose names are known.
        case complete
        /// A folder of which some names are known.
        case partial
        /// Something that is no folder: the one entry.
        case other
        /// Nothing is known of it, or that it is not there.
        case nothing
    }

    /// On the wire an array in the order of the properties, since there are thousands: `["a","f",12,1700000000,0,4]`. What a newer
    /// daemon adds stands behind.
    public struct Entry: Hashable, Sendable {
        public enum Kind: String, Codable, Hashable, Sendable {
            case file = "f"
            case folder = "d"
            case link = "l"
            case other = "o"
            /// Nothing but the name is known.
            case unknown = "?"
        }

        /// One component.
        public var name: WirePath
        public var kind: Kind
        /// 0 for what is no file.
        public var sizeBytes: Int64
        public var modified: Timestamp
        /// Of a file, by its name; nil from a daemon that does not say it.
        public var contentType: ContentType?

        public init(
            name: Name, kind: Kind, sizeBytes: Int64, modified: Timestamp,
            contentType: ContentType? = nil
        ) {
            self.name = WirePath(RelativePath([name]))
            self.kind = kind
            self.sizeBytes = sizeBytes
            self.modified = modified
            self.contentType = contentType
        }
    }

    public var knowledge: Knowledge
    /// In the order of the bytes of their names.
    public var entries: [Entry]
    /// The last name of these, where there are more; one component.
    public var next: WirePath?

    public init(_ knowledge: Knowledge, entries: [Entry] = [], next: Name? = nil) {
        self.knowledge = knowledge
        self.entries = entries
        self.next = next.map { WirePath(RelativePath([$0])) }
    }
}

extension KnownBatch.Entry: Codable {
    public init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        name = try row.decode(WirePath.self)
        kind = try row.decode(Kind.self)
        sizeBytes = try row.decode(Int64.self)
        modified = Timestamp(
            seconds: try row.decode(Int64.self), nanoseconds: try row.decode(UInt32.self))
        if !row.isAtEnd { contentType = ContentType(rawValue: try row.decode(UInt8.self)) }
    }

    public func encode(to encoder: any Encoder) throws {
        var row = encoder.unkeyedContainer()
        try row.encode(name)
        try row.encode(kind)
        try row.encode(sizeBytes)
        try row.encode(modified.seconds)
        try row.encode(modified.nanoseconds)
        if let contentType { try row.encode(contentType.rawValue) }
    }
}
