/// Chance with a seed: SplitMix64 (Steele, Lea and Flood 2014).
struct HouseholdRandom: RandomNumberGenerator, Sendable {
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

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func real(_ range: ClosedRange<Double>) -> Double {
        Double.random(in: range, using: &self)
    }

    mutating func happens(_ probability: Double) -> Bool { real(0...1) < probability }

    /// Normal, as the sum of twelve uniform ones less six: never beyond six deviations.
    mutating func normal(deviation: Double) -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + real(0...1) } * deviation
    }
}
