/// How often chunks were used lately, roughly: a count-min sketch with four rows of counters up to 15, halved after
/// every ten times the cache's capacity (Einziger, Friedman and Manes, "TinyLFU: A Highly Efficient Cache Admission
/// Policy", ACM TOS 2017).
struct FrequencySketch: Sendable {
    private static let rows = 4
    private static let countMax: UInt8 = 15
    private static let seeds: [UInt64] = [
        0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0xD6E8_FEB8_6659_FD93,
    ]

    private var counts: [UInt8]
    private let width: Int
    private let sampleMax: Int
    private var sample = 0

    init(capacity: Int) {
        var width = 16
        while width < capacity * 4 { width *= 2 }
        self.width = width
        counts = Array(repeating: 0, count: width * Self.rows)
        sampleMax = 10 * max(1, capacity)
    }

    mutating func note(_ chunk: Int32) {
        var isNew = false
        for row in 0..<Self.rows {
            let index = self.index(chunk, row)
            if counts[index] < Self.countMax {
                counts[index] += 1
                isNew = true
            }
        }
        guard isNew else { return }
        sample += 1
        if sample >= sampleMax {
            for index in counts.indices { counts[index] /= 2 }
            sample /= 2
        }
    }

    func frequency(_ chunk: Int32) -> UInt8 {
        var least = Self.countMax
        for row in 0..<Self.rows { least = min(least, counts[index(chunk, row)]) }
        return least
    }

    @inline(__always)
    private func index(_ chunk: Int32, _ row: Int) -> Int {
        var mixed = (UInt64(truncatingIfNeeded: chunk) &+ 1) &* Self.seeds[row]
        mixed ^= mixed >> 32
        mixed = mixed &* 0xFF51_AFD7_ED55_8CCD
        mixed ^= mixed >> 29
        return row * width + Int(truncatingIfNeeded: mixed) & (width - 1)
    }
}
