public import Model

import Glibc

/// Small files read whole: `/proc` tables, registry entries, configuration.
public enum FileContents {
    /// Regular files only (`EINVAL`): a FIFO that somebody put there would be waited for.
    ///
    /// - Parameter bytesMax: more than this is an error (`EFBIG`), not a cut.
    public static func read(_ path: String, bytesMax: Int = 16 << 20) throws(Errno) -> [UInt8] {
        let file = try InputFile.openRegular(path)
        return try read(file.rawValue, bytesMax: bytesMax)
    }

    /// From the descriptor's present offset to the end; works for pipes and for `/proc`, where
    /// `size` is 0.
    public static func read(_ descriptor: Int32, bytesMax: Int) throws(Errno) -> [UInt8] {
        let found = try drain(descriptor, keeping: bytesMax + 1)
        guard found.count <= bytesMax else { throw Errno(rawValue: EFBIG) }
        return found
    }

    /// Reads to the end, keeping the first `bytesMax` bytes.
    public static func drain(_ descriptor: Int32, keeping bytesMax: Int) throws(Errno) -> [UInt8] {
        var kept: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = try systemCall {
                buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            }
            if count == 0 { return kept }
            kept.append(contentsOf: buffer[..<min(count, bytesMax - kept.count)])
        }
    }

    /// Hands over what the descriptor has, piece by piece, to its end: for files too large to be held whole, and
    /// for pipes.
    public static func forEachPiece<Failure: Error>(
        of descriptor: Int32, bytesMax: Int = 256 << 10,
        _ body: (ArraySlice<UInt8>) throws(Failure) -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: bytesMax)
        while true {
            let count = try systemCall {
                buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            }
            if count == 0 { return }
            try body(buffer[..<count])
        }
    }

    /// Writes all of `bytes` at the descriptor's present offset: files, pipes, terminals.
    public static func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(Errno) {
        var done = 0
        while done < bytes.count {
            done += try systemCall {
                bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
        }
    }
}
