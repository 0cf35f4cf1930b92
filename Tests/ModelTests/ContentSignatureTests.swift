import Model
import Testing

@Suite struct ContentSignatureTests {
    private func finding(_ bytes: [UInt8], size: Int64 = 5000) -> ContentFinding? {
        ContentSignature(bytes).map { ContentRules.usual.finding($0, size: size) }
    }

    private func packets(_ size: Int) -> [UInt8] {
        (0..<4).flatMap { _ in [0x47] + [UInt8](repeating: 7, count: size - 1) }
    }

    @Test func knowsWhatFilesBeginWith() {
        let expected: [([UInt8], ContentType, String)] = [
            ([0x1A, 0x45, 0xDF, 0xA3, 1], .media, "Matroska"),
            ([0, 0, 0, 0x20] + Array("ftypisom".utf8), .media, "MP4"),
            ([0, 0, 0, 0x20] + Array("ftypheic".utf8), .thumbnail, "HEIF"),
            (Array("RIFF\u{1}\u{2}\u{3}\u{4}AVI LIST".utf8), .media, "AVI"),
            (Array("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ".utf8), .thumbnail, "WebP"),
            (Array("OggS".utf8), .media, "Ogg"), (Array("fLaC".utf8), .media, "FLAC"),
            (Array("ID3\u{3}".utf8), .media, "MP3"), ([0xFF, 0xFB, 0x90], .media, "MP3"),
            (packets(188), .media, "MPEG transport stream"),
            ([0xFF, 0xD8, 0xFF, 0xE0], .thumbnail, "JPEG"),
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], .thumbnail, "PNG"),
            (Array("II*\0".utf8), .media, "TIFF"),
            ([0x50, 0x4B, 3, 4], .userData, "ZIP"), ([0x1F, 0x8B, 8, 0], .userData, "gzip"),
            ([UInt8](repeating: 0x61, count: 257) + Array("ustar".utf8), .userData, "tar"),
            (Array("<?xml version=".utf8), .metadata, "XML"),
            ([0xEF, 0xBB, 0xBF] + Array("<?xml ".utf8), .metadata, "XML"),
            (Array("{\r\n\t\"a\": 1}".utf8), .metadata, "JSON"),
            (Array(" [ { \"a\"".utf8), .metadata, "JSON"),
            (Array("WEBVTT\n".utf8), .metadata, "WebVTT"),
        ]
        for (bytes, type, format) in expected {
            #expect(
                finding(bytes) == ContentFinding(type: type, reason: .firstBytes(format)),
                "\(format)")
        }
        #expect(finding([0xFF, 0xD8, 0xFF], size: 1 << 20)?.type == .media)
    }

    @Test func saysNothingOfTheRest() {
        for bytes in [
            [], [0x1A], Array("RIFF".utf8), Array("Dear Sir,".utf8), Array("{ a block }".utf8),
            Array("[1] a footnote".utf8), Array("<html>".utf8), packets(187), [0x47],
            [UInt8](repeating: 0, count: 4096), Array("abcdftyp".utf8),
            [0xEF, 0xBB, 0xBF], Array("   \n".utf8),
        ] { #expect(finding(bytes) == nil, "\(bytes.prefix(8))") }
        // Noise of any length ends in an answer.
        var state: UInt64 = 3
        for length in 0..<600 {
            let noise = (0..<length).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            _ = finding(noise)
        }
    }
}
