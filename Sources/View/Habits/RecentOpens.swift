import Foresight
import Model

/// Who has opened what a moment ago: programs open a file again and again while they work with it, and that is one use of it.
///
/// A table of fixed size, in which a later open takes the place of another: then one more use is counted than there was.
struct RecentOpens: Sendable {
    /// Within that time it is the same use.
    static let useTime = Duration.seconds(10)
    private static let places = 4096

    private struct Entry {
        var file: UInt64 = .max
        var reader = 0
        var at = Duration.zero
    }

    private var entries: [Entry] = []

    /// - Parameter now: monotonic.
    /// - Returns: whether a new use begins.
    mutating func note(_ file: NodeID, _ reader: Reader, at now: Duration) -> Bool {
        if entries.isEmpty { entries = Array(repeating: Entry(), count: Self.places) }
        var hasher = Hasher()
        hasher.combine(reader.userID)
        hasher.combine(reader.program)
        let who = hasher.finalize()
        let place = Int((file.raw ^ UInt64(bitPattern: Int64(who))) % UInt64(Self.places))
        let known = entries[place]
        if known.file == file.raw, known.reader == who, now - known.at < Self.useTime {
            return false
        }
        entries[place] = Entry(file: file.raw, reader: who, at: now)
        return true
    }
}
