import CXXHash

/// XXH3 with 64 bits, through libxxhash: the checksum of everything in the disk tier.
///
/// It finds accidents (a flipped bit, a page at the wrong place), not forgeries. Threads: any; no state.
public enum XXH3 {
    /// - Parameter seed: mixed into the sum, so that equal bytes at different places have different sums.
    public static func hash64(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        larder_xxh3_64(bytes.baseAddress, bytes.count, seed)
    }

    public static func hash64(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        bytes.withUnsafeBytes { hash64($0, seed: seed) }
    }

    /// The sum over a few words, without building an array: how seeds are made of several numbers.
    public static func hash64(
        words first: UInt64, _ second: UInt64, _ third: UInt64 = 0, seed: UInt64 = 0
    ) -> UInt64 {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 3) { words in
            words[0] = first.littleEndian
            words[1] = second.littleEndian
            words[2] = third.littleEndian
            return hash64(UnsafeRawBufferPointer(words), seed: seed)
        }
    }
}
