import Model

/// The opens of the last hour, oldest first. A pure value; told the time.
///
/// Bounded by number and memory as well: the oldest go, and ``reachesBack(now:)`` says how far it goes then.
struct PatternWindow: Sendable {
    static let length = Duration.seconds(3600)
    static let countMax = 8192
    static let bytesMax = 4 << 20

    private struct Entry: Sendable {
        var event: HistoryEvent
        var at: Duration
        var bytes: Int
    }

    /// Those before ``first`` are gone; they are taken out when they are half of it.
    private var entries: [Entry] = []
    private var first = 0
    private var bytes = 0
    /// When the youngest was heard of that went for want of room.
    private var lostUntil: Duration?

    mutating func add(_ event: HistoryEvent, now: Duration) {
        let entry = Entry(event: event, at: now, bytes: event.memoryBytes)
        entries.append(entry)
        bytes += entry.bytes
        while let oldest = oldest {
            if now - oldest.at >= Self.length {
                removeOldest()
            } else if entries.count - first > Self.countMax || bytes > Self.bytesMax {
                lostUntil = oldest.at
                removeOldest()
            } else {
                break
            }
        }
    }

    private var oldest: Entry? { first < entries.count ? entries[first] : nil }

    private mutating func removeOldest() {
        bytes -= entries[first].bytes
        first += 1
        // Taken out in one go, so that each costs the same.
        if first > 64, first * 2 > entries.count {
            entries.removeFirst(first)
            first = 0
        }
    }

    func opens(now: Duration) -> [HistoryEvent] {
        entries[first...].drop { now - $0.at >= Self.length }.map(\.event)
    }

    /// How far back it knows every open: ``length`` unless there were too many.
    func reachesBack(now: Duration) -> Duration {
        lostUntil.map { min(Self.length, max(.zero, now - $0)) } ?? Self.length
    }

    mutating func remove(where isSelected: (HistoryEvent) -> Bool) {
        entries = entries[first...].filter { !isSelected($0.event) }
        first = 0
        bytes = entries.reduce(0) { $0 + $1.bytes }
    }
}
