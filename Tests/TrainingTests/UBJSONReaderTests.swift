import Testing

@testable import Training

@Suite struct UBJSONReaderTests {
    /// `{"a": [1.5, -2] as floats, "b": [3, 300] as 16-bit integers, "c": "hi", "d": [true, null, 7]}`, lengths of several
    /// widths.
    private let document: [UInt8] =
        Array("{U".utf8) + [1] + Array("a[$d#U".utf8) + [2, 0x3F, 0xC0, 0, 0, 0xC0, 0, 0, 0]
        + Array("L".utf8) + [0, 0, 0, 0, 0, 0, 0, 1] + Array("b[$I#i".utf8) + [2, 0, 3, 1, 0x2C]
        + Array("U".utf8) + [1] + Array("cSi".utf8) + [2] + Array("hi".utf8)
        + Array("U".utf8) + [1] + Array("d[TZU".utf8) + [7] + Array("]}".utf8)

    @Test func aDocumentByHand() throws {
        let value = try UBJSONReader.value(of: document)
        #expect(value["a"] == .floats([1.5, -2]))
        #expect(value["b"]?.integers == [3, 300])
        #expect(value["c"]?.string == "hi")
        #expect(value["d"]?.array == [.bool(true), .null, .number(7)])
        #expect(value["e"] == nil)
    }

    @Test func whatIsNotWholeIsRefused() {
        for length in 0..<document.count {
            #expect(throws: UBJSONError.self, "\(length)") {
                try UBJSONReader.value(of: Array(document[..<length]))
            }
        }
        #expect(throws: UBJSONError.self) { try UBJSONReader.value(of: document + [0]) }
    }

    @Test func whatCannotBeIsRefused() {
        let wrong: [[UInt8]] = [
            Array("x".utf8),
            // Longer than the document, or shorter than nothing.
            Array("[$d#L".utf8) + [0x7F] + [UInt8](repeating: 0xFF, count: 7),
            Array("Si".utf8) + [0xFF],
            Array("[$d]".utf8), Array("[$T#U".utf8) + [1, 1],
            // Without end, and too deep.
            [UInt8](repeating: UInt8(ascii: "["), count: 10_000),
        ]
        for bytes in wrong {
            #expect(throws: UBJSONError.self) { try UBJSONReader.value(of: bytes) }
        }
    }
}
