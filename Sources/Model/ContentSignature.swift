/// What a file begins with, for where its name says nothing: magic numbers of media, images, archives and text.
///
/// Sources: the formats' own specifications, as `file(1)` and the WHATWG's MIME Sniffing Standard gather them. What is told by two
/// bytes only is left out, but for MPEG audio: a wrong type costs a little, and no type costs nothing.
public struct ContentSignature: Hashable, Sendable {
    /// For people.
    public var format: String
    var kind: Kind

    enum Kind: Hashable {
        case of(ContentType)
        /// A thumbnail or a photograph, by its size.
        case image
    }

    /// Bytes that are looked at, at most.
    public static let bytesMax = 512

    /// - Parameters:
    ///   - bytes: the file's first; ``bytesMax`` are enough, fewer will do.
    /// - Returns: nil where they say nothing.
    public init?(_ bytes: some Collection<UInt8>) {
        let head = Array(bytes.prefix(Self.bytesMax))
        guard
            let found = Self.byPrefix(head) ?? Self.byContainer(head) ?? Self.byText(head)
        else { return nil }
        self = found
    }

    private init(_ format: String, _ kind: Kind) {
        self.format = format
        self.kind = kind
    }

    func type(size: Int64) -> ContentType {
        switch kind {
        case .of(let type): type
        case .image: size >= ContentRules.photographSizeMin ? .media : .thumbnail
        }
    }

    // MARK: - Formats

    private static let prefixes: [(bytes: [UInt8], signature: ContentSignature)] = {
        var table: [(bytes: [UInt8], signature: ContentSignature)] = []
        func add(_ format: String, _ kind: Kind, _ bytes: [UInt8]...) {
            table += bytes.map { ($0, ContentSignature(format, kind)) }
        }
        add("Matroska", .of(.media), [0x1A, 0x45, 0xDF, 0xA3])
        add("Ogg", .of(.media), Array("OggS".utf8))
        add("FLAC", .of(.media), Array("fLaC".utf8))
        add("MP3", .of(.media), Array("ID3".utf8), [0xFF, 0xFB], [0xFF, 0xF3], [0xFF, 0xF2])
        add("Flash video", .of(.media), Array("FLV\u{1}".utf8))
        add("ASF", .of(.media), [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11])
        add("MPEG", .of(.media), [0, 0, 1, 0xBA], [0, 0, 1, 0xB3])
        add("DSD", .of(.media), Array("DSD ".utf8), Array("FRM8".utf8))
        add("Monkey's Audio", .of(.media), Array("MAC ".utf8))
        add("WavPack", .of(.media), Array("wvpk".utf8))
        add("TIFF", .of(.media), [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A])
        add("Photoshop", .of(.media), Array("8BPS".utf8))
        add("JPEG", .image, [0xFF, 0xD8, 0xFF])
        add("PNG", .image, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        add("GIF", .image, Array("GIF87a".utf8), Array("GIF89a".utf8))
        add("ZIP", .of(.userData), [0x50, 0x4B, 3, 4], [0x50, 0x4B, 5, 6])
        add("gzip", .of(.userData), [0x1F, 0x8B, 8])
        add("bzip2", .of(.userData), Array("BZh".utf8))
        add("xz", .of(.userData), [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])
        add("Zstandard", .of(.userData), [0x28, 0xB5, 0x2F, 0xFD])
        add("7-Zip", .of(.userData), [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C])
        add("RAR", .of(.userData), Array("Rar!\u{1A}\u{7}".utf8))
        add("PDF", .of(.userData), Array("%PDF-".utf8))
        add("ELF", .of(.userData), [0x7F, 0x45, 0x4C, 0x46])
        return table
    }()

    private static func byPrefix(_ head: [UInt8]) -> ContentSignature? {
        prefixes.first { head.starts(with: $0.bytes) }?.signature
    }

    /// What says what it is behind a length.
    private static func byContainer(_ head: [UInt8]) -> ContentSignature? {
        guard head.count >= 12 else { return nil }
        let inside = head[8..<12]
        if head[4..<8].elementsEqual("ftyp".utf8) {
            let images = ["heic", "heix", "heim", "heis", "mif1", "msf1", "avif"]
            let isImage = images.contains { inside.elementsEqual($0.utf8) }
            return ContentSignature(isImage ? "HEIF" : "MP4", isImage ? .image : .of(.media))
        }
        if head.starts(with: "RIFF".utf8) {
            if inside.elementsEqual("WEBP".utf8) { return ContentSignature("WebP", .image) }
            if inside.elementsEqual("AVI ".utf8) { return ContentSignature("AVI", .of(.media)) }
            if inside.elementsEqual("WAVE".utf8) { return ContentSignature("WAVE", .of(.media)) }
        }
        if head.starts(with: "FORM".utf8), inside.starts(with: "AIF".utf8) {
            return ContentSignature("AIFF", .of(.media))
        }
        // Packets of 188 bytes.
        if head.count > 376, head[0] == 0x47, head[188] == 0x47, head[376] == 0x47 {
            return ContentSignature("MPEG transport stream", .of(.media))
        }
        if head.count >= 262, head[257..<262].elementsEqual("ustar".utf8) {
            return ContentSignature("tar", .of(.userData))
        }
        return nil
    }

    private static func byText(_ head: [UInt8]) -> ContentSignature? {
        let text = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head[3...] : head[...]
        let words: [(String, String)] = [
            ("<?xml", "XML"), ("WEBVTT", "WebVTT"), ("#EXTM3U", "playlist"),
            ("[Script Info]", "subtitles"), ("[playlist]", "playlist"),
        ]
        for (word, format) in words where text.starts(with: word.utf8) {
            return ContentSignature(format, .of(.metadata))
        }
        // `{"`, `[{`, and so on, over blanks and line ends: more than a brace is asked for.
        let signs = text.lazy.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }.prefix(2)
        let openings = ["{\"", "{}", "[{", "[\""].map { Array($0.utf8) }
        return openings.contains { signs.elementsEqual($0) }
            ? ContentSignature("JSON", .of(.metadata)) : nil
    }
}
