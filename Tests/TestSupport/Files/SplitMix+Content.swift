extension SplitMix {
    /// True with a probability of `percent`.
    public mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }

    /// Half of it text that LZ4 makes smaller, half of it noise; the seed decides which.
    public mutating func content(_ count: Int, compressible: Bool? = nil) -> [UInt8] {
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
