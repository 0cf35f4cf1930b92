/// How often keys were used lately, roughly: a count-min sketch with four rows of counters up to 15, halved after
/// every ten times the cache's entries (Einziger, Friedman and Manes, "TinyLFU: A Highly Efficient Cache Admission
/// Policy", ACM TOS 2017).
///
/// It grows with the cache: 16 to 32 bytes for each entry.
struct FrequencySketch: Sendable {
    private static let rows = 4
    private static let countMax: UInt8 = 15
    private static let seeds: [UInt64] = [
        0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0xD6E8_FEB8_6659_FD93,
    ]

    /// By row.
    private var counts: [UInt8]
    private var width: Int
    /// Entries that it is made for.
    private var entries: Int
    private var sample = 0

    init(entries: Int) {
        width = Self.width(for: entries)
        self.entries = max(1, entries)
        counts = Array(repeating: 0, count: width * Self.rows)
    }

    /// Of a row: a power of two, so that a key's place in a wider one tells that in this one.
    private static func width(for entries: Int) -> Int {
        var width = 16
        while width < entries * 4 { width *= 2 }
        return width
    }

    mutating func note(_ hash: UInt64) {
        var isNew = false
        for row in 0..<Self.rows {
            let index = self.index(hash, row)
            if counts[index] < Self.countMax {
                counts[index] += 1
                isNew = true
            }
        }
        guard isNew else { return }
        sample += 1
        if sample >= 10 * entries {
            for index in counts.indices { counts[index] /= 2 }
            sample /= 2
        }
    }

    func frequency(_ hash: UInt64) -> UInt8 {
        var least = Self.countMax
        for row in 0..<Self.rows { least = min(least, counts[index(hash, row)]) }
        return least
    }

    /// The cache holds more by now. What was counted stays: a counter is copied to each that takes over from it.
    mutating func grow(to entries: Int) {
        guard entries > self.entries else { return }
        self.entries = entries
        let before = width
        width = Self.width(for: entries)
        guard width > before else { return }
        var grown = [UInt8](repeating: 0, count: width * Self.rows)
        for row in 0..<Self.rows {
            for place in 0..<width {
                grown[row * width + place] = counts[row * before + place & (before - 1)]
            }
        }
        counts = grown
    }

    @inline(__always)
    private func index(_ hash: UInt64, _ row: Int) -> Int {
        var mixed = (hash &+ 1) &* Self.seeds[row]
        mixed ^= mixed >> 32
        mixed = mixed &* 0xFF51_AFD7_ED55_8CCD
        mixed ^= mixed >> 29
        return row * width + Int(truncatingIfNeeded: mixed) & (width - 1)
    }
}
