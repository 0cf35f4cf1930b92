import CLZ4

/// LZ4 blocks (no frame): the compressor of the disk tier, through liblz4.
///
/// Threads: any; no state. Nothing here allocates.
public enum LZ4 {
    /// Largest input of one block, `LZ4_MAX_INPUT_SIZE`.
    public static let inputMax = 0x7E00_0000

    /// Bytes that `count` bytes need at worst when compressed.
    public static func compressedMax(_ count: Int) -> Int {
        precondition((0...inputMax).contains(count))
        return count + count / 255 + 16  // LZ4_COMPRESSBOUND
    }

    /// Compresses `source` into `target`.
    ///
    /// - Parameter acceleration: 1 is the library's default; higher is faster and packs less.
    /// - Returns: bytes written, or nil when the result does not fit `target`. A target smaller than the
    ///   source is how a caller says that it wants a saving or nothing: the compressor stops early.
    public static func compress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        acceleration: Int32 = 1
    ) -> Int? {
        guard source.count <= inputMax,
            let from = source.baseAddress, let to = target.baseAddress
        else { return nil }
        let written = LZ4_compress_fast(
            from.assumingMemoryBound(to: CChar.self), to.assumingMemoryBound(to: CChar.self),
            Int32(source.count), Int32(clamping: target.count), acceleration)
        return written > 0 ? Int(written) : nil
    }

    /// Decompresses `source` into `target`, reading and writing nothing outside of either.
    ///
    /// - Returns: bytes written, or nil when `source` is no LZ4 block or does not fit.
    public static func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard source.count <= Int(Int32.max),
            let from = source.baseAddress, let to = target.baseAddress
        else { return nil }
        let written = LZ4_decompress_safe(
            from.assumingMemoryBound(to: CChar.self), to.assumingMemoryBound(to: CChar.self),
            Int32(source.count), Int32(clamping: target.count))
        return written >= 0 ? Int(written) : nil
    }
}
