import Model
import Synchronization

/// Which pages of a file readers have been given in this run, so that the kernel may have them.
///
/// Bytes that have come from the share and are not verified yet can be given to a reader only where they cannot be joined
/// with any that he, or the kernel for him, has from before: neither they themselves nor their neighbours were shown. One bit a
/// page, in leaves of 16 MiB of the file that have half a kilobyte each while they are shown in part. (Of files of more than a
/// terabyte larger pieces are counted than pages: too much is taken for shown.) Of more than
/// ``leavesMax`` of those, and of what is shown whole, one bit a leaf remains: too much is taken for shown, and a read waits for its
/// verification.
final class ShownRanges: Sendable {
    /// In part shown, with a bit for each page.
    private struct Leaf: Sendable {
        var words: [UInt64]
        var shown = 0

        mutating func show(_ bits: some Sequence<(Int, UInt64)>) {
            for (word, mask) in bits {
                shown += (mask & ~words[word]).nonzeroBitCount
                words[word] |= mask
            }
        }
    }

    private struct State: Sendable {
        /// By number: those shown whole, or taken for that.
        var whole: [UInt64] = []
        var leaves: [Int: Leaf] = [:]
        /// Asked for and not shown yet, with nothing shown beside them.
        var alone: [Range<Int>] = []
    }

    static let pagesPerLeaf = 4096
    static let leavesMax = 256
    /// One bit of each: 8 KiB.
    private static let leavesOfFileMax = 1 << 16
    /// Readers of one file at once of whom it is known that they are alone.
    private static let aloneMax = 16

    /// A page, or a power of two of them.
    private let pageBytes: Int64
    private let pages: Int
    private let state = Mutex(State())

    init(_ geometry: ChunkGeometry) {
        let last = max(1, geometry.fileSize) - 1
        var pageBytes: Int64 = 4096
        while last / pageBytes / Int64(Self.pagesPerLeaf) >= Self.leavesOfFileMax { pageBytes *= 2 }
        self.pageBytes = pageBytes
        pages = Int(last / pageBytes) + 1
    }

    /// A reader is about to be given `range`, which is not empty and inside the file.
    ///
    /// - Returns: whether nothing of it and nothing beside it was shown or asked for before.
    func add(_ range: Range<Int64>) -> Bool {
        let asked = pages(of: range)
        let reach = max(0, asked.lowerBound - 1)..<min(pages, asked.upperBound + 1)
        return state.withLock { state in
            if !state.alone.isEmpty { state.alone.removeAll { $0.overlaps(reach) } }
            if state.whole.isEmpty {
                state.whole = Array(repeating: 0, count: (pages - 1) / Self.pagesPerLeaf / 64 + 1)
            }
            let isAlone = !isShown(reach, state)
            show(asked, &state)
            guard isAlone, state.alone.count < Self.aloneMax else { return false }
            state.alone.append(asked)
            return true
        }
    }

    /// Whether nobody has asked for anything of it or beside it since ``add(_:)``. True once; to be asked, or ``end(_:)``, of all that is
    /// alone.
    func isStillAlone(_ range: Range<Int64>) -> Bool {
        let asked = pages(of: range)
        return state.withLock { state in
            guard let at = state.alone.firstIndex(of: asked) else { return false }
            state.alone.remove(at: at)
            return true
        }
    }

    /// What was alone needs not be any more: it has been answered with verified bytes, or not at all.
    func end(_ range: Range<Int64>) {
        _ = isStillAlone(range)
    }

    private func pages(of range: Range<Int64>) -> Range<Int> {
        Int(range.lowerBound / pageBytes)..<(Int((range.upperBound - 1) / pageBytes) + 1)
    }

    // MARK: - Bits

    /// Whether any of them was.
    private func isShown(_ asked: Range<Int>, _ state: State) -> Bool {
        leaves(of: asked).contains { leaf in
            if state.whole[leaf / 64] & 1 << (leaf % 64) != 0 { return true }
            guard let found = state.leaves[leaf] else { return false }
            return Self.words(of: pages(asked, in: leaf)).contains { found.words[$0] & $1 != 0 }
        }
    }

    private func show(_ asked: Range<Int>, _ state: inout State) {
        for leaf in leaves(of: asked) where state.whole[leaf / 64] & 1 << (leaf % 64) == 0 {
            let count = min(Self.pagesPerLeaf, pages - leaf * Self.pagesPerLeaf)
            let isKept = state.leaves[leaf] != nil || state.leaves.count < Self.leavesMax
            if isKept {
                let words = Self.words(of: pages(asked, in: leaf))
                state.leaves[
                    leaf, default: Leaf(words: Array(repeating: 0, count: (count - 1) / 64 + 1))
                ]
                .show(words)
            }
            if !isKept || state.leaves[leaf]?.shown == count {
                state.leaves[leaf] = nil
                state.whole[leaf / 64] |= 1 << (leaf % 64)
            }
        }
    }

    private func leaves(of asked: Range<Int>) -> ClosedRange<Int> {
        asked.lowerBound / Self.pagesPerLeaf...(asked.upperBound - 1) / Self.pagesPerLeaf
    }

    /// Numbered from the leaf's first.
    private func pages(_ asked: Range<Int>, in leaf: Int) -> Range<Int> {
        let first = leaf * Self.pagesPerLeaf
        let part = asked.clamped(to: first..<first + Self.pagesPerLeaf)
        return part.lowerBound - first..<part.upperBound - first
    }

    /// The words that have bits of `pages`, each with those bits.
    private static func words(of pages: Range<Int>) -> some Sequence<(Int, UInt64)> {
        (pages.lowerBound / 64...(pages.upperBound - 1) / 64).lazy.map { word in
            let first = max(pages.lowerBound - word * 64, 0)
            let end = min(pages.upperBound - word * 64, 64)
            return (word, (UInt64.max >> (64 - (end - first))) << first)
        }
    }
}
