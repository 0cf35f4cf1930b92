/// A small generator with a seed (SplitMix64, Steele et al. 2014), so that a failure can be
/// repeated.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SplitMix {
    /// True with a probability of `percent`.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// Half of it text that LZ4 makes smaller, half of it noise; the seed decides which.
    mutating func content(_ count: Int, compressible: Bool? = nil) -> [UInt8] {
        let asText = compressible ?? chance(50)
        let words = (count + 7) / 8
        let variants: [UInt64] = (0..<32).map { _ in next() }
        return [UInt8](unsafeUninitializedCapacity: words * 8) { buffer, filled in
            buffer.withMemoryRebound(to: UInt64.self) { target in
                for index in 0..<words {
                    let fresh = next()
                    target[index] = asText && fresh & 7 != 0 ? variants[Int(fresh >> 59)] : fresh
                }
            }
            filled = count
        }
    }
}
