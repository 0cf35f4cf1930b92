public import Model

import CLinux
import Glibc

/// Calls that only files of our own need: cache objects, locks, descriptors of cache directories.
extension FileCalls {
    /// Reads into several buffers with one call, in order, each filled before the next.
    ///
    /// - Parameters:
    ///   - buffers: at most 64 (a chunk's blocks).
    ///   - enough: bytes after which nothing more is asked for; all if nil. Past the page cache whole pages are read, and
    ///     behind the file's unaligned end another call would be refused.
    /// - Returns: bytes read; less than `enough` only at the end of the file.
    public static func read(
        _ descriptor: Int32, into buffers: [UnsafeMutableRawBufferPointer], at offset: Int64,
        enough: Int? = nil
    ) throws(Errno) -> Int {
        var vectors = buffers.map { iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
        let enough = enough ?? buffers.reduce(0) { $0 + $1.count }
        var done = 0
        while done < enough {
            let count = try systemCall {
                preadv(descriptor, &vectors, Int32(vectors.count), off_t(offset) + done)
            }
            if count == 0 { break }
            done += count
            guard done < enough else { break }
            // Short: go on behind what came, first through whole vectors, then inside one.
            var skip = count
            while let first = vectors.first, skip >= first.iov_len {
                skip -= first.iov_len
                vectors.removeFirst()
            }
            if skip > 0, let base = vectors.first?.iov_base, let length = vectors.first?.iov_len {
                vectors[0] = iovec(iov_base: base + skip, iov_len: length - skip)
            }
        }
        return done
    }

    public static func synchronize(_ descriptor: Int32) throws(Errno) {
        _ = try systemCall { fdatasync(descriptor) }
    }

    public static func removeDirectory(at directory: Int32, _ path: [UInt8]) throws(Errno) {
        _ = try systemCall {
            withNulTerminated(path) { unlinkat(directory, $0, Int32(AT_REMOVEDIR)) }
        }
    }

    /// Within one directory descriptor; replaces what has the new name.
    public static func rename(
        at directory: Int32, _ from: [UInt8], to target: [UInt8]
    ) throws(Errno) {
        _ = try systemCall {
            withNulTerminated(from) { old in
                withNulTerminated(target) { renameat(directory, old, directory, $0) }
            }
        }
    }

    /// Starts writing dirty pages of `range` to the disk, without waiting for it.
    public static func startWriting(_ descriptor: Int32, _ range: Range<Int64>) {
        larder_start_writing(descriptor, range.lowerBound, range.upperBound - range.lowerBound)
    }

    /// Lets the page cache forget clean pages of `range`. A hint: failure means nothing.
    public static func forgetPages(_ descriptor: Int32, _ range: Range<Int64>) {
        _ = posix_fadvise(
            descriptor, off_t(range.lowerBound), off_t(range.upperBound - range.lowerBound),
            POSIX_FADV_DONTNEED)
    }

    /// Where the next data (not hole) at or behind `offset` starts; nil when only holes follow.
    public static func nextData(_ descriptor: Int32, from offset: Int64) throws(Errno) -> Int64? {
        do throws(Errno) {
            return Int64(try systemCall { lseek(descriptor, off_t(offset), larder_seek_data) })
        } catch .noSuchDevice {
            return nil
        }
    }

    /// Where the next hole at or behind `offset` starts; the file's end counts as one.
    public static func nextHole(_ descriptor: Int32, from offset: Int64) throws(Errno) -> Int64 {
        Int64(try systemCall { lseek(descriptor, off_t(offset), larder_seek_hole) })
    }
}
