import Model
import Testing

@testable import Tiers

@Suite struct ShareRequestTests {
    private func missing(_ chunk: UInt32, _ blocks: Range<Int>) -> MissingBlocks {
        MissingBlocks(chunk: ChunkIndex(chunk), blocks: BlockMask(blocks))
    }

    @Test func adjacentChunksBecomeOneRequest() {
        let geometry = ChunkGeometry(chunkSize: 512 << 10, fileSize: 4 << 20)
        let requests = ShareRequest.make(
            for: [missing(0, 4..<8), missing(1, 0..<8)], geometry: geometry, sizeMax: 1 << 20)
        #expect(requests.map(\.range) == [262_144..<1_048_576])
    }

    @Test func aGapOrTheSizeLimitStartsAnother() {
        let geometry = ChunkGeometry(chunkSize: 1 << 20, fileSize: 8 << 20)
        let requests = ShareRequest.make(
            for: [missing(0, 0..<2), missing(0, 4..<16), missing(1, 0..<16)], geometry: geometry,
            sizeMax: 1 << 20)
        let expected: [Range<Int64>] = [0..<131_072, 262_144..<1_048_576, 1_048_576..<2_097_152]
        #expect(requests.map(\.range) == expected)
    }

    @Test func theLastRequestEndsWithTheFile() {
        let geometry = ChunkGeometry(chunkSize: 1 << 20, fileSize: 100_000)
        let requests = ShareRequest.make(
            for: [missing(0, 0..<2)], geometry: geometry, sizeMax: 1 << 20)
        #expect(requests.map(\.range) == [0..<100_000])
    }

    @Test func manySmallChunksStayWithinTheBufferBound() {
        let geometry = ChunkGeometry(chunkSize: 4096, fileSize: 1 << 20)
        let requests = ShareRequest.make(
            for: (0..<256).map { missing($0, 0..<1) }, geometry: geometry, sizeMax: 1 << 20)
        #expect(requests.allSatisfy { $0.parts.count <= 64 })
        #expect(requests.reduce(0) { $0 + $1.range.count } == 1 << 20)
    }
}
