/// What a file is to Larder: decides how it is cut, compressed and fetched ahead (``ContentRules``).
public enum ContentType: UInt8, Sendable, CaseIterable, Hashable {
    case media = 0
    case metadata = 1
    case thumbnail = 2
    case config = 3
    case userData = 4

    /// As in the configuration file.
    public var word: String { self == .userData ? "user-data" : "\(self)" }

    /// What moving a chunk to a faster tier is weighed with, where nothing is set: the probability from which files of the type are worth
    /// fetching ahead. One of Larder's own figures.
    public var usualThreshold: Double {
        switch self {
        case .media: 0.7
        case .metadata: 0.8
        case .thumbnail: 0.6
        case .config: 0.9
        case .userData: 0.75
        }
    }
}

/// When the disk tier tries LZ4 on a file's blocks.
public enum CompressionRule: Sendable, Hashable {
    case never
    /// Tried on the first chunk of a file; the rest follows what was found.
    case probe
    /// Tried on each chunk, given up for a file after a run of chunks that did not pay.
    case whileItPays
    /// Tried on each chunk, whatever came of those before.
    case always
}

/// How files of one content type are dealt with, as people may set it.
public struct ContentSettings: Hashable, Sendable {
    public enum Compression: String, CaseIterable, Sendable, Hashable {
        /// As it pays, or as is usual for the type.
        case auto
        case on
        case off
    }

    /// Where it stays what was fetched of them.
    public enum Tier: String, CaseIterable, Sendable, Hashable {
        /// Nowhere else: it is fetched again after a restart.
        case memory
        case disk
        /// On disk where there is no storage tier.
        case storage
    }

    /// Files that are of the type whatever the built-in table says.
    public var match: [ContentPattern] = []
    /// Bytes per chunk: a power of two within what ``ChunkGeometry`` allows.
    public var chunkSize: ByteCount
    public var compression = Compression.auto
    /// What must be likely to be read, 0 ... 1, to be fetched ahead because of other files; nil: whatever is expected.
    public var prefetchThreshold: Double?
    public var tier: Tier

    /// What is usual.
    public init(_ type: ContentType) {
        tier = type == .media ? .storage : .disk
        chunkSize =
            switch type {
            case .media: .mebibytes(1)
            case .metadata: .kibibytes(4)  // nearest power of two to 1 KiB that is a page
            case .thumbnail: .kibibytes(128)
            case .config: .kibibytes(4)
            case .userData: .kibibytes(512)
            }
    }
}

/// The settings of all content types.
public struct ContentConfiguration: Hashable, Sendable {
    private var settings = ContentType.allCases.map { ContentSettings($0) }

    /// What is usual.
    public init() {}

    public subscript(type: ContentType) -> ContentSettings {
        get { settings[Int(type.rawValue)] }
        set { settings[Int(type.rawValue)] = newValue }
    }
}
