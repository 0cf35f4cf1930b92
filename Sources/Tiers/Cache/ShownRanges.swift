import Model
import Synchronization

/// Which parts of a file readers have been given in this run, so that the kernel may have pages of them.
///
/// Bytes that have come from the share and are not verified yet can be given to a reader only where they cannot be joined
/// with any that he, or the kernel for him, has from before: neither they themselves nor their neighbours were shown. Kept in
/// grains of one block or more, ``grainsMax`` of them, so that the largest file takes half a kilobyte.
final class ShownRanges: Sendable {
    private struct State: Sendable {
        var words: [UInt64] = []
        /// Asked for and not shown yet, with nothing shown beside them.
        var alone: [Range<Int>] = []
    }

    static let grainsMax = 4096
    /// Readers of one file at once of whom it is known that they are alone.
    private static let aloneMax = 16

    private let grain: Int64
    private let last: Int
    private let state = Mutex(State())

    init(_ geometry: ChunkGeometry) {
        let size = max(1, geometry.fileSize)
        let block = Int64(geometry.blockSize)
        let least = (size - 1) / Int64(Self.grainsMax) + 1
        grain = (least + block - 1) / block * block
        last = Int((size - 1) / grain)
    }

    /// A reader is about to be given `range`, which is not empty and inside the file.
    ///
    /// - Returns: whether nothing of it and nothing beside it was shown or asked for before.
    func add(_ range: Range<Int64>) -> Bool {
        let grains = grains(range)
        let reach = max(0, grains.lowerBound - 1)..<min(last + 1, grains.upperBound + 1)
        return state.withLock { state in
            if !state.alone.isEmpty { state.alone.removeAll { $0.overlaps(reach) } }
            if state.words.isEmpty {
                state.words = Array(repeating: 0, count: last / 64 + 1)
            }
            let isAlone = reach.allSatisfy { state.words[$0 / 64] & (1 << ($0 % 64)) == 0 }
            for grain in grains { state.words[grain / 64] |= 1 << (grain % 64) }
            guard isAlone, state.alone.count < Self.aloneMax else { return false }
            state.alone.append(grains)
            return true
        }
    }

    /// Whether nobody has asked for anything of it or beside it since ``add(_:)``. True once.
    func isStillAlone(_ range: Range<Int64>) -> Bool {
        let grains = grains(range)
        return state.withLock { state in
            guard let at = state.alone.firstIndex(of: grains) else { return false }
            state.alone.remove(at: at)
            return true
        }
    }

    private func grains(_ range: Range<Int64>) -> Range<Int> {
        Int(range.lowerBound / grain)..<(Int((range.upperBound - 1) / grain) + 1)
    }
}
