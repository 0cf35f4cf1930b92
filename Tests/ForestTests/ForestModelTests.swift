import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Forest

@Suite struct ForestModelTests {
    @Test func whatIsWrittenIsRead() throws {
        let seed = TestRun.seed
        var random = SplitMix(seed: seed)
        let model = try random.model(trees: 9, splits: 30)
        let folder = try TemporaryDirectory()
        let path = folder.path + "/model"
        try ForestModelFile.write(model, to: path)
        let read = try ForestModelFile.read(path)
        #expect(read == model, "seed \(seed)")
        #expect(read.encoded == model.encoded)
        let vector = random.vector()
        #expect(read.prediction(for: vector) == model.prediction(for: vector))
    }

    @Test func aPredictionIsInTheTargetsOwnUnits() throws {
        let constant = { (value: Float) throws in
            let tree = try #require(DecisionTree(nodes: [.leaf(value)]))
            let forest = try #require(RandomForest(trees: [tree]))
            return TrainedForest(
                forest: forest, calibration: .identity, importances: [], error: 0, errorOfMean: 0)
        }
        var random = SplitMix(seed: 1)
        let pattern = try random.model(trees: 1, splits: 1)
        let model = ForestModel(
            lookaheadSeconds: 300, window: pattern.window, scorecard: pattern.scorecard,
            forests: [
                .read: try constant(0.5), .share: try constant(1.5),
                .popularity: try constant(log1pf(3)),
            ])
        let prediction = model.prediction(for: FeatureVector())
        #expect(prediction.probability == 0.5)
        // No file has more than all of its bytes.
        #expect(prediction.share == 1)
        #expect(abs((prediction.opensNextDay ?? 0) - 3) < 1e-5)
        #expect(prediction.validitySeconds == nil)
    }

    @Test func whatHasBecomeOfAFileIsSaid() throws {
        var random = SplitMix(seed: 1)
        let bytes = try random.model(trees: 1, splits: 3).encoded
        let refusal = { (bytes: [UInt8]) in
            do throws(ForestModelRefusal) {
                _ = try ForestModel(decoding: bytes)
                return ForestModelRefusal?.none
            } catch {
                return error
            }
        }
        var foreign = bytes
        foreign[0] ^= 1
        #expect(refusal(foreign) == .foreign)
        #expect(refusal([]) == .foreign)
        var newer = bytes
        newer[8] = 2
        #expect(refusal(newer) == .otherVersion(2))
        var damaged = bytes
        damaged[100] ^= 1
        #expect(refusal(damaged) == .damaged)
        #expect(refusal(bytes + [0]) == .truncated)
        // A feature of a later version: "hour" becomes "houx".
        var later = bytes
        let name = try #require(
            later.indices.first { later[$0...].starts(with: [4] + Array("hour".utf8)) })
        later[name + 4] = UInt8(ascii: "x")
        #expect(refusal(Self.sealed(later)) == .unknownFeature("houx"))
        #expect(
            refusal([UInt8](repeating: 0, count: ForestModelFormat.bytesMax + 1)) == .tooLarge)
    }

    /// With the checksum that it would have.
    private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        let content = Array(bytes.dropLast(8))
        var writer = ByteWriter()
        writer.raw(content)
        writer.fixed(XXH3.hash64(content))
        return writer.bytes
    }

    @Test func everyTruncationIsRefused() throws {
        var random = SplitMix(seed: 1)
        let bytes = try random.model(trees: 2, splits: 5).encoded
        for length in 0..<bytes.count {
            #expect(throws: ForestModelRefusal.self) {
                try ForestModel(decoding: Array(bytes[..<length]))
            }
            // As a program would write it that stops too early, and still seals it.
            guard length > 28 else { continue }
            var short = Array(bytes[..<length])
            withUnsafeBytes(of: UInt64(length).littleEndian) {
                short.replaceSubrange(12..<20, with: $0)
            }
            #expect(throws: ForestModelRefusal.self) {
                try ForestModel(decoding: Self.sealed(short))
            }
        }
    }

    /// A bit that flips is found; one that somebody has turned and sealed makes another model, or none, but neither a crash
    /// nor a walk without end.
    @Test func turnedBytesAreRefusedOrHarmless() throws {
        let seed = TestRun.seed
        var random = SplitMix(seed: seed)
        let bytes = try random.model(trees: 3, splits: 8).encoded
        var accepted = 0
        for _ in 0..<TestRun.scaled(1000) {
            var turned = bytes
            let place = Int(random.next() % UInt64(bytes.count))
            turned[place] ^= UInt8(1 + random.next() % 255)
            #expect(throws: ForestModelRefusal.self, "seed \(seed), byte \(place)") {
                try ForestModel(decoding: turned)
            }
            guard let model = try? ForestModel(decoding: Self.sealed(turned)) else { continue }
            accepted += 1
            let prediction = model.prediction(for: random.vector())
            #expect(
                prediction.probability.map { (0...1).contains($0) } ?? true,
                "seed \(seed), byte \(place)")
        }
        // Most bytes are thresholds and values, of which each is as good as another.
        #expect(accepted > 0)
    }

    @Test func aFileThatIsRefusedIsSetAside() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.file("model", "something else")
        #expect(throws: ForestModelRefusal.foreign) { try ForestModelFile.read(path) }
        let aside = try ForestModelFile.setAside(path)
        #expect(try FileContents.read(aside) == Array("something else".utf8))
        #expect(throws: ForestModelRefusal.unreadable(.noSuchFile)) {
            try ForestModelFile.read(path)
        }
    }

    @Test func theModelBeforeStaysUntilTheNextIsWhole() throws {
        var random = SplitMix(seed: 1)
        let first = try random.model(trees: 1, splits: 2)
        let second = try random.model(trees: 1, splits: 3)
        let folder = try TemporaryDirectory()
        let path = folder.path + "/model"
        try ForestModelFile.write(first, to: path)
        // Nothing can be written where a folder is in the way.
        _ = try folder.directory("model.new")
        #expect(throws: FileRefusal.self) { try ForestModelFile.write(second, to: path) }
        #expect(try ForestModelFile.read(path) == first)
        try FileCalls.removeDirectory(
            at: FileCalls.workingDirectory, Array("\(path).new".utf8))
        try ForestModelFile.write(second, to: path)
        #expect(try ForestModelFile.read(path) == second)
        #expect((try? FileCalls.attributes(ofPath: path + ".new")) == nil)
    }

    /// The layout on the disk: where this fails, the format's version has to be raised.
    @Test func theLayoutIsAsItWas() throws {
        var random = SplitMix(seed: 1)
        let bytes = try random.model(trees: 2, splits: 3).encoded
        #expect(bytes.prefix(12) == Array("LARDFRST".utf8)[...] + [1, 0, 0, 0])
        #expect(bytes.count == 1066)
        #expect(XXH3.hash64(bytes) == 8_529_501_626_346_257_024)
    }
}
