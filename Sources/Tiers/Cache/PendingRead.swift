import Model
import Platform
import Share
import Synchronization

/// A read that waits for chunks: counts what is still to come, and answers once.
///
/// Holds references to the buffers it has been given, so that eviction between the arrival of the first and
/// of the last chunk takes nothing away.
final class PendingRead: Sendable {
    private struct State {
        /// Chunks still to come, and one for the thread that registers them.
        var outstanding = 1
        /// What has come of each chunk.
        var parts: [ChunkIndex: [BlockSlice]] = [:]
        var failure: ShareFile.ReadFailure?
        var account = ReadAccount()
        /// It has its answer, of bytes that are not verified yet.
        var isAnswered = false
    }

    /// What lets a reader have bytes before they are verified: he gets nothing beside them that was shown before.
    struct Alone: Sendable {
        var shown: ShownRanges
        /// Called if the bytes are another version's, or may be.
        var retracted: (@Sendable () -> Void)?
    }

    private let geometry: ChunkGeometry
    private let range: Range<Int64>
    private let alone: Alone?
    private let completion: @Sendable (ChunkCache.ReadResult, ReadAccount) -> Void
    private let state = Mutex(State())

    init(
        geometry: ChunkGeometry, range: Range<Int64>, alone: Alone? = nil,
        completion: @escaping @Sendable (ChunkCache.ReadResult, ReadAccount) -> Void
    ) {
        self.geometry = geometry
        self.range = range
        self.alone = alone
        self.completion = completion
    }

    func expectChunk() {
        state.withLock { $0.outstanding += 1 }
    }

    func deliver(_ chunk: ChunkIndex, _ blocks: ChunkBlocks) {
        var slices: [BlockSlice] = []
        Self.append(&slices, blocks, of: chunk, range, geometry)
        finishOne { $0.parts[chunk] = slices }
    }

    func fail(_ failure: ShareFile.ReadFailure) {
        finishOne { $0.failure = $0.failure ?? failure }
    }

    /// Whether one chunk has all that is read.
    var isOfOneChunk: Bool { geometry.chunks(in: range).count == 1 }

    /// Answers before it is verified, where nothing was shown beside it. What comes later only tells whether that was right.
    ///
    /// - Parameter parts: all that is read; blocks by number within their chunk.
    func answerUnverified(_ parts: [ChunkIndex: [BlockBuffer?]]) {
        guard let alone, alone.shown.isStillAlone(range) else { return }
        let account = state.withLock { state -> ReadAccount? in
            guard !state.isAnswered, state.outstanding > 0 else { return nil }
            state.isAnswered = true
            return state.account
        }
        guard let account else { return }
        var slices: [BlockSlice] = []
        for chunk in geometry.chunks(in: range).map({ ChunkIndex($0) }) {
            Self.append(&slices, (parts[chunk] ?? [])[...], of: chunk, range, geometry)
        }
        completion(.success(slices), account)
    }

    /// Before they can arrive: bytes come from there, and so many had to be asked of the share.
    func note(_ source: ReadAccount.Source, missed: Int64 = 0) {
        state.withLock { state in
            state.account.source = max(state.account.source, source)
            state.account.missedBytes += missed
        }
    }

    /// All chunks are registered; may answer at once.
    func registered() {
        finishOne { _ in }
    }

    private func finishOne(_ change: (inout State) -> Void) {
        let finished = state.withLock { state -> State? in
            change(&state)
            state.outstanding -= 1
            return state.outstanding == 0 ? state : nil
        }
        guard let finished else { return }
        if finished.isAnswered {
            // Also where nobody could be asked: it may be another version's.
            if finished.failure != nil { alone?.retracted?() }
            return
        }
        alone?.shown.end(range)
        if let failure = finished.failure {
            completion(.failure(failure), finished.account)
        } else {
            // In file order.
            let slices = geometry.chunks(in: range).flatMap {
                finished.parts[ChunkIndex($0)] ?? []
            }
            completion(.success(slices), finished.account)
        }
    }

    /// Cuts what is read of a chunk out of its blocks.
    static func append(
        _ slices: inout [BlockSlice], _ blocks: ChunkBlocks, of chunk: ChunkIndex,
        _ range: Range<Int64>, _ geometry: ChunkGeometry
    ) {
        for number in blocks.indices {
            guard let buffer = blocks[number] else { continue }
            let bounds = geometry.byteRange(of: chunk, block: number)
            let part = range.clamped(to: bounds)
            guard !part.isEmpty else { continue }
            let start = Int(part.lowerBound - bounds.lowerBound)
            slices.append(BlockSlice(buffer: buffer, range: start..<(start + part.count)))
        }
    }
}
