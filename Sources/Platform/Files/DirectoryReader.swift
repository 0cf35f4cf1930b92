public import Model

import CLinux
import Glibc

/// Reads the entries of an open directory with `getdents64(2)`.
///
/// What comes is whatever a server, a driver or a damaged disk made of it: an entry whose name cannot be one is left
/// out and counted, and the rest of the directory is read on.
///
/// The kernel itself refuses names that are empty or have a `/` in them, and with them, as `EIO`, all that lies behind:
/// the position stays in front of the bad entry. A directory that says `EIO` at the same position again and again is
/// read on one position further, where all file systems that count entries, or order them by a hash, go on with the next.
/// What was between is not known, so ``hasGaps`` says that there may be names which were not seen.
public struct DirectoryReader: ~Copyable, Sendable {
    public struct Entry: Sendable, Hashable {
        public var name: Name
        public var inode: UInt64
        /// `DT_…`; 0 where the file system does not say.
        public var type: UInt8
    }

    private let descriptor: FileDescriptor
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)
    private var parser = DirectoryParser()
    private var skipped = 0

    /// How often the directory must fail at one position before it is read on behind that: once may be the share's.
    private static let attemptsMax = 3
    /// Positions in a row that are passed over, at most; then the error is the directory's.
    private static let skippedInRowMax = 16
    /// `SEEK_CUR`.
    private static let fromHere: Int32 = 1

    /// - Parameter descriptor: opened with `O_RDONLY | O_DIRECTORY`.
    public init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Entries left out so far because of their names; see ``DirectoryParser``.
    public var refused: Int { parser.refused + skipped }

    /// Positions were passed over: what was read may not be all.
    public var hasGaps: Bool { skipped > 0 }

    /// Of the directory; open for as long as this is.
    public var rawValue: Int32 { descriptor.rawValue }

    /// Whether there are no more entries. Those of the next batch are read for that.
    public mutating func isAtEnd() throws(Errno) -> Bool {
        while let entries = try next() {
            if !entries.isEmpty { return false }
        }
        return true
    }

    /// The next batch of entries in the directory's own order, without `.` and `..`; nil at the end.
    public mutating func next() throws(Errno) -> [Entry]? {
        let raw = descriptor.rawValue
        var attempts = 0
        var skippedInRow = 0
        while true {
            do throws(Errno) {
                let count = try systemCall { () -> Int in
                    buffer.withUnsafeMutableBytes {
                        larder_getdents64(raw, $0.baseAddress, $0.count)
                    }
                }
                guard count > 0 else { return nil }
                return buffer.withUnsafeBytes {
                    parser.entries(in: UnsafeRawBufferPointer(rebasing: $0[..<count]))
                }
            } catch .ioError where skippedInRow < Self.skippedInRowMax {
                attempts += 1
                guard attempts >= Self.attemptsMax else { continue }
                _ = try FileCalls.seek(raw, to: 1, whence: Self.fromHere)
                skippedInRow += 1
                skipped += 1
            }
        }
    }
}
