import Platform
import Testing

@Suite struct CodecTests {
    /// The figures of the xxHash reference for empty input and "a".
    @Test func xxh3IsTheReference() {
        #expect(XXH3.hash64([]) == 0x2D06_8005_38D3_94C2)
        #expect(XXH3.hash64(Array("a".utf8)) == 0xE6C6_32B6_1E96_4E1F)
        #expect(XXH3.hash64(Array("a".utf8), seed: 1) != XXH3.hash64(Array("a".utf8)))
        let words: [UInt8] = [
            1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
        ]
        #expect(XXH3.hash64(words: 1, 2, 3) == XXH3.hash64(words))
    }

    @Test func lz4RoundTrip() throws {
        let text = Array(String(repeating: "larder ", count: 1000).utf8)
        var packed = [UInt8](repeating: 0, count: LZ4.compressedMax(text.count))
        let count = try #require(
            text.withUnsafeBytes { source in
                packed.withUnsafeMutableBytes { LZ4.compress(source, into: $0) }
            })
        #expect(count < 100)
        var back = [UInt8](repeating: 0, count: text.count)
        let length = packed.withUnsafeBytes { source in
            back.withUnsafeMutableBytes { target in
                LZ4.decompress(UnsafeRawBufferPointer(rebasing: source[..<count]), into: target)
            }
        }
        #expect(length == text.count && back == text)
    }

    @Test func lz4RefusesWhatDoesNotFit() {
        var random = SystemRandomNumberGenerator()
        let noise = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &random) }
        var target = [UInt8](repeating: 0, count: 999)
        noise.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { #expect(LZ4.compress(source, into: $0) == nil) }
        }
        // Noise is hardly ever a block that fills exactly its target; it must never trap.
        for length in 0..<200 {
            noise.withUnsafeBytes { source in
                target.withUnsafeMutableBytes { target in
                    let part = UnsafeRawBufferPointer(rebasing: source[..<length])
                    if let count = LZ4.decompress(part, into: target) {
                        #expect(count <= target.count)
                    }
                }
            }
        }
    }
}
