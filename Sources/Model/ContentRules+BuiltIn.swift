/// The built-in table.
extension ContentRules {
    private static let byExtension: [ExtensionKey: ContentType] = {
        var table: [ExtensionKey: ContentType] = [:]
        func add(_ type: ContentType, _ extensions: String) {
            for name in extensions.split(separator: " ") { table[ExtensionKey(name.utf8)] = type }
        }
        add(
            .media,
            "mkv mp4 m4v avi mov wmv flv webm mpg mpeg ts m2ts mts vob ogv 3gp rmvb divx iso")
        add(
            .media, "mp3 flac m4a m4b aac ogg oga opus wav wma aiff aif ape alac dsf dff mka mpc wv"
        )
        add(.media, "tif tiff dng cr2 cr3 nef arw orf rw2 raf psd heic heif")
        add(.metadata, "nfo xml srt sub idx vtt ass ssa json cue m3u m3u8 pls sfv md5 lrc")
        add(.thumbnail, "thumb tbn jpg jpeg png gif webp bmp ico avif")  // small ones: see finding
        add(.config, "conf cfg ini toml yaml yml properties")
        return table
    }()

    private static let thumbnailFolders = [".thumbnails", "thumbnails", "@eadir", ".thumb"]
        .map { Array($0.utf8) }

    /// Images from this size on are photographs, not thumbnails.
    public static let photographSizeMin: Int64 = 1 << 20

    /// - Parameter folder: the one that the file is in, nil for the share's root.
    static func builtIn(_ name: Name, _ key: ExtensionKey?, _ folder: Name?) -> ContentFinding {
        if let folder = folder?.bytes, isOfThumbnails(folder) {
            return ContentFinding(type: .thumbnail, reason: .folder)
        }
        if let key, let type = byExtension[key] {
            return ContentFinding(type: type, reason: .fileExtension)
        }
        return name.bytes.first == 0x2E
            ? ContentFinding(type: .config, reason: .leadingDot)
            : ContentFinding(type: .userData, reason: .nothing)
    }

    private static func isOfThumbnails(_ folder: [UInt8]) -> Bool {
        // Few folders are of such a length.
        switch folder.count {
        case 6, 10, 11: return thumbnailFolders.contains(folder.map(ContentPattern.lowercased))
        default: return false
        }
    }

    /// All that decides into chunks of which size files are cut, for telling whether it is as it was.
    public var cutting: [UInt8] {
        var lines = Self.byExtension.map { "\($0.key) \($0.value)" }.sorted()
        lines.append("thumbnails \(Self.thumbnailFolders) below \(Self.photographSizeMin)")
        for type in ContentType.allCases {
            lines.append("\(type) \(settings[type].chunkSize.bytes)")
            lines += settings[type].match.map { "\(type) pattern \($0.text)" }.sorted()
        }
        return Array(lines.joined(separator: "\n").utf8)
    }
}
