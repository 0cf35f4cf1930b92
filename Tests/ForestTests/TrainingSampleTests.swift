import Platform
import TestSupport
import Testing

@testable import Forest

@Suite struct TrainingSampleTests {
    private func samples(_ count: Int, _ random: inout SplitMix) -> [TrainingSample] {
        (0..<count).map { index in
            let wasRead = random.next() % 2 == 0
            return TrainingSample(
                seconds: 1_700_000_000 + Int64(index), bytes: Int64(random.next() % 1_000_000),
                features: random.vector(),
                rulesConfidence: random.next() % 3 == 0 ? nil : Float(random.unit()),
                wasRead: wasRead, share: wasRead ? Float(random.unit()) : nil,
                opensNextDay: random.next() % 3 == 0 ? nil : Float(random.next() % 9),
                validitySeconds: random.next() % 3 == 0 ? nil : Float(random.next() % 999))
        }
    }

    private func read(_ bytes: [UInt8], pieces: Int) throws -> (Int64?, [TrainingSample]) {
        var reader = TrainingSampleReader()
        var found: [TrainingSample] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try reader.read(bytes[start..<min(bytes.count, start + pieces)]) { found.append($0) }
        }
        try reader.finish()
        return (reader.lookaheadSeconds, found)
    }

    @Test(arguments: [1, 7, 100_000])
    func whatIsWrittenIsReadInPieces(pieces: Int) throws {
        let seed = TestRun.seed
        var random = SplitMix(seed: seed)
        let written = samples(20, &random)
        var writer = TrainingSampleWriter(lookaheadSeconds: 600)
        var bytes: [UInt8] = []
        for (index, sample) in written.enumerated() {
            writer.append(sample)
            if index == 11 { bytes += writer.take() }
        }
        bytes += writer.take()
        #expect(writer.pendingBytes == 0)
        let (lookahead, found) = try read(bytes, pieces: pieces)
        #expect(lookahead == 600)
        #expect(found == written, "seed \(seed)")
    }

    @Test func samplesOfAnotherVersionAreReadByTheNamesOfTheirFeatures() throws {
        // Two columns in another order, of which one is not known here.
        var file = ByteWriter()
        file.fixed(TrainingSampleFormat.magic)
        file.fixed(TrainingSampleFormat.version)
        file.fixed(Int64(300))
        file.fixed(UInt8(2))
        for name in ["moonPhase", "hour"] { file.string(Array(name.utf8)) }
        file.fixed(Int64(5))
        file.fixed(Int64(10))
        file.fixed(UInt8(1))
        for value in [Float.nan, 0.5, 2, .nan, 99, 13] { file.float(value) }
        let (_, found) = try read(file.bytes, pieces: 1000)
        var expected = FeatureVector()
        expected[.hour] = 13
        #expect(
            found == [
                TrainingSample(
                    seconds: 5, bytes: 10, features: expected, wasRead: true, share: 0.5,
                    opensNextDay: 2)
            ])
    }

    @Test func whatIsNotWholeOrMakesNoSenseIsRefused() throws {
        var random = SplitMix(seed: 1)
        var writer = TrainingSampleWriter(lookaheadSeconds: 300)
        let header = writer.pendingBytes
        writer.append(samples(1, &random)[0])
        let bytes = writer.take()
        for length in 0..<bytes.count where length != header {
            #expect(throws: TrainingSampleRefusal.truncated, "\(length)") {
                try read(Array(bytes[..<length]), pieces: 64)
            }
        }
        let refused = { (place: Int, value: UInt8, refusal: TrainingSampleRefusal?) in
            var turned = bytes
            turned[place] = value
            do {
                _ = try read(turned, pieces: 64)
                return false
            } catch let error as TrainingSampleRefusal {
                return refusal.map { $0 == error } ?? true
            }
        }
        #expect(try refused(0, 0, .foreign))
        #expect(try refused(8, 9, .otherVersion(9)))
        // A lookahead below zero, a time without end, bytes below zero, a flag that is neither.
        #expect(try refused(19, 0x80, nil))
        #expect(try refused(header + 7, 0x40, nil))
        #expect(try refused(header + 15, 0x80, nil))
        #expect(try refused(header + 16, 2, nil))
    }

    /// Nothing that comes makes the reader keep more than a header or a row, nor crash.
    @Test func anythingMayCome() {
        let seed = TestRun.seed
        var random = SplitMix(seed: seed)
        var writer = TrainingSampleWriter(lookaheadSeconds: 300)
        for sample in samples(3, &random) { writer.append(sample) }
        let bytes = writer.take()
        for _ in 0..<TestRun.scaled(300) {
            var turned = bytes
            for _ in 0..<3 {
                turned[Int(random.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            _ = try? read(turned, pieces: 256)
        }
    }
}
