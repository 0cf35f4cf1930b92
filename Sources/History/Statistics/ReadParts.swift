/// Which parts of a file are read, in sixteenths of its size, over its sessions.
///
/// A session is what is read between one open and the next. Each counter says how many of the last sessions touched
/// its part; when one would pass 255, all are halved with the number of sessions, so that old habits fade. A
/// sixteenth tells head, tail and whole apart, and takes 16 bytes per file.
public struct ReadParts: Hashable, Sendable {
    public static let count = 16
    static let sessionsMax = 255

    /// Sessions in which anything was read, halved with the counters.
    public private(set) var sessions: Int
    private(set) var counters: [UInt8]

    public init() {
        sessions = 0
        counters = [UInt8](repeating: 0, count: Self.count)
    }

    /// nil for what cannot have been counted.
    init?(sessions: Int, counters: [UInt8]) {
        guard (0...Self.sessionsMax).contains(sessions), counters.count == Self.count,
            counters.allSatisfy({ Int($0) <= sessions })
        else { return nil }
        self.sessions = sessions
        self.counters = counters
    }

    /// The parts that `range` touches, a bit each; none where the size is not known.
    static func mask(of range: Range<Int64>, fileSize: Int64) -> UInt16 {
        let part = range.clamped(to: 0..<max(0, fileSize))
        guard !part.isEmpty else { return 0 }
        // Of a small file a byte may lie in several parts.
        let size = Double(fileSize)
        let first = min(15, Int(Double(part.lowerBound) * 16 / size))
        let last = min(15, max(first, Int((Double(part.upperBound) * 16 / size).rounded(.up)) - 1))
        let bits: UInt32 = (1 << UInt32(last - first + 1)) - 1
        return UInt16(truncatingIfNeeded: bits << UInt32(first))
    }

    /// Counts a session that touched `mask`.
    mutating func add(session mask: UInt16) {
        if sessions == Self.sessionsMax {
            sessions /= 2
            for part in counters.indices { counters[part] /= 2 }
        }
        sessions += 1
        for part in counters.indices where mask & (1 << UInt16(part)) != 0 { counters[part] += 1 }
    }

    /// Share of the sessions that touched a part, 0…1.
    public func share(ofPart part: Int) -> Double {
        guard sessions > 0, counters.indices.contains(part) else { return 0 }
        return Double(counters[part]) / Double(sessions)
    }
}
