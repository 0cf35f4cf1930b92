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
        var parts: [ChunkIndex: [BlockBuffer?]] = [:]
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

    /// - Parameter blocks: by number within the chunk; nil where not needed.
    func deliver(_ chunk: ChunkIndex, _ blocks: [BlockBuffer?]) {
        finishOne { $0.parts[chunk] = blocks }
    }

    func fail(_ failure: ShareFile.ReadFailure) {
        finishOne { $0.failure = $0.failure ?? failure }
    }

    /// Whether one chunk has all that is read.
    var isOfOneChunk: Bool { geometry.chunks(in: range).count == 1 }

    /// Answers before it is verified, where nothing was shown beside it. What comes later only tells whether that was right.
    ///
    /// - Parameter parts: all that is read.
    func answerUnverified(_ parts: [ChunkIndex: [BlockBuffer?]]) {
        guard let alone, alone.shown.isStillAlone(range) else { return }
        let account = state.withLock { state -> ReadAccount? in
            guard !state.isAnswered, state.outstanding > 0 else { return nil }
            state.isAnswered = true
            return state.account
        }
        guard let account else { return }
        completion(.success(Self.slices(of: range, geometry, parts)), account)
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
            completion(
                .success(Self.slices(of: range, geometry, finished.parts)), finished.account)
        }
    }

    /// Cuts `range` out of the chunks' blocks, in file order.
    static func slices(
        of range: Range<Int64>, _ geometry: ChunkGeometry, _ parts: [ChunkIndex: [BlockBuffer?]]
    ) -> [BlockSlice] {
        var slices: [BlockSlice] = []
        for value in geometry.chunks(in: range) {
            let chunk = ChunkIndex(value)
            guard let blocks = parts[chunk] else { continue }
            append(&slices, blocks, of: chunk, range, geometry)
        }
        return slices
    }

    static func append(
        _ slices: inout [BlockSlice], _ blocks: [BlockBuffer?], of chunk: ChunkIndex,
        _ range: Range<Int64>, _ geometry: ChunkGeometry
    ) {
        for (number, buffer) in blocks.enumerated() {
            guard let buffer else { continue }
            let bounds = geometry.byteRange(of: chunk, block: number)
            let part = range.clamped(to: bounds)
            guard !part.isEmpty else { continue }
            let start = Int(part.lowerBound - bounds.lowerBound)
            slices.append(BlockSlice(buffer: buffer, range: start..<(start + part.count)))
        }
    }
}
