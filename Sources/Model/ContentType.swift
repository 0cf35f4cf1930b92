/// What a file is to Larder, recognised by its path: decides chunk size and compression.
public enum ContentType: UInt8, Sendable, CaseIterable, Hashable {
    case media = 0
    case metadata = 1
    case thumbnail = 2
    case config = 3
    case userData = 4

    /// Bytes per chunk; a power of two.
    public var chunkSize: Int {
        switch self {
        case .media: 1 << 20
        case .metadata: 4 << 10  // nearest power of two to 1 KiB that is a page
        case .thumbnail: 128 << 10
        case .config: 4 << 10
        case .userData: 512 << 10
        }
    }

    public var compression: CompressionRule {
        switch self {
        case .media: .probe
        case .metadata, .thumbnail, .userData: .whileItPays
        case .config: .never
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
}

extension ContentType {
    private static let byExtension: [String: ContentType] = {
        var table: [String: ContentType] = [:]
        func add(_ type: ContentType, _ extensions: String) {
            for name in extensions.split(separator: " ") { table[String(name)] = type }
        }
        add(
            .media,
            "mkv mp4 m4v avi mov wmv flv webm mpg mpeg ts m2ts mts vob ogv 3gp rmvb divx iso")
        add(
            .media, "mp3 flac m4a m4b aac ogg oga opus wav wma aiff aif ape alac dsf dff mka mpc wv"
        )
        add(.media, "tif tiff dng cr2 cr3 nef arw orf rw2 raf psd heic heif")
        add(.metadata, "nfo xml srt sub idx vtt ass ssa json cue m3u m3u8 pls sfv md5 lrc")
        add(.thumbnail, "thumb tbn jpg jpeg png gif webp bmp ico avif")  // small ones: see init
        add(.config, "conf cfg ini toml yaml yml properties")
        return table
    }()

    private static let thumbnailFolders: Set<String> = [
        ".thumbnails", "thumbnails", "@eadir", ".thumb",
    ]

    /// Images from this size on are photographs, not thumbnails.
    public static let photographSizeMin: Int64 = 1 << 20

    /// Recognises a file by its folder, its extension and a leading dot, in that order.
    ///
    /// - Parameters:
    ///   - path: the file's path below the share.
    ///   - size: bytes; tells a photograph (media) from a thumbnail.
    public init(path: RelativePath, size: Int64) {
        let named = ContentType(path: path)
        self = named == .thumbnail && size >= Self.photographSizeMin ? .media : named
    }

    private init(path: RelativePath) {
        guard let name = path.components.last else {
            self = .userData
            return
        }
        let folder = path.components.dropLast().last?.description.lowercased()
        if let folder, Self.thumbnailFolders.contains(folder) {
            self = .thumbnail
            return
        }
        let text = name.description.lowercased()
        if let dot = text.lastIndex(of: "."), dot != text.startIndex {
            if let known = Self.byExtension[String(text[text.index(after: dot)...])] {
                self = known
                return
            }
        }
        self = text.hasPrefix(".") ? .config : .userData
    }
}
