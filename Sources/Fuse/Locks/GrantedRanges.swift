/// The byte ranges that one owner has locked in one file. Pure.
///
/// Ranges end at `Int64.max` where the lock reaches to the end of the file, however far it grows.
public struct GrantedRanges: Hashable, Sendable {
    public struct Piece: Hashable, Sendable {
        public var range: Range<Int64>
        public var kind: FuseLock.Kind
    }

    /// In order, apart from each other; none is an unlocked one.
    public private(set) var pieces: [Piece] = []

    public init() {}

    public var isEmpty: Bool { pieces.isEmpty }

    /// What a successful `fcntl` did: takes the range away, and adds it again unless it unlocks.
    public mutating func set(_ lock: FuseLock) {
        let changed = lock.range
        guard !changed.isEmpty else { return }
        pieces = pieces.flatMap { old -> [Piece] in
            guard old.range.overlaps(changed) else { return [old] }
            let below =
                old.range.lowerBound..<max(old.range.lowerBound, changed.lowerBound)
            let above = min(old.range.upperBound, changed.upperBound)..<old.range.upperBound
            return [below, above].filter { !$0.isEmpty }.map { Piece(range: $0, kind: old.kind) }
        }
        guard lock.kind != .unlock else { return }
        let place = pieces.firstIndex { $0.range.lowerBound > changed.lowerBound }
        pieces.insert(Piece(range: changed, kind: lock.kind), at: place ?? pieces.count)
    }

    public func overlaps(_ asked: Range<Int64>) -> Bool {
        pieces.contains { $0.range.overlaps(asked) }
    }

    /// What holds inside `asked`, without gaps: unlocked pieces too.
    public func state(in asked: Range<Int64>) -> [Piece] {
        var found: [Piece] = []
        var at = asked.lowerBound
        for piece in pieces where piece.range.overlaps(asked) {
            let part = piece.range.clamped(to: asked)
            if at < part.lowerBound {
                found.append(Piece(range: at..<part.lowerBound, kind: .unlock))
            }
            found.append(Piece(range: part, kind: piece.kind))
            at = part.upperBound
        }
        if at < asked.upperBound {
            found.append(Piece(range: at..<asked.upperBound, kind: .unlock))
        }
        return found
    }
}

extension FuseLock {
    /// Up to `Int64.max` where ``length`` is 0.
    public var range: Range<Int64> {
        let (end, overflow) = start.addingReportingOverflow(length)
        return start..<(length == 0 || overflow ? .max : max(start, end))
    }

    init(_ piece: GrantedRanges.Piece, processID: Int32) {
        let end = piece.range.upperBound
        self.init(
            kind: piece.kind, start: piece.range.lowerBound,
            length: end == .max ? 0 : end - piece.range.lowerBound, processID: processID)
    }
}
