import Glibc

// Tests are built without optimisation, where Swift's own comparison of arrays calls three functions for each byte: that
// was two fifths of the time of all tests. This module is optimised, and what tests compare most are bytes.

/// Whether two arrays have the same bytes. The compiler prefers it to the one for any elements.
public func == (left: [UInt8], right: [UInt8]) -> Bool {
    left.count == right.count
        && left.withUnsafeBytes { left in right.withUnsafeBytes { left.isSame(as: $0) } }
}

public func != (left: [UInt8], right: [UInt8]) -> Bool { !(left == right) }

extension UnsafeRawBufferPointer {
    public func isSame(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let here = baseAddress, let there = other.baseAddress else { return true }
        return memcmp(here, there, count) == 0
    }
}

extension SplitMix {
    /// Words, one after the other.
    public mutating func text(_ count: Int) -> [UInt8] {
        let words = ["cache ", "larder ", "the ", "slow ", "share\n", "of a ", "film "]
            .map { Array($0.utf8) }
        var text: [UInt8] = []
        text.reserveCapacity(count + 8)
        while text.count < count { text += words[Int(next() % UInt64(words.count))] }
        return Array(text.prefix(count))
    }
}
