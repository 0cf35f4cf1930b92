public import Model

import CLinux
import Glibc

/// Reads the entries of an open directory with `getdents64(2)`.
public struct DirectoryReader: ~Copyable {
    public struct Entry: Sendable {
        public var name: Name
        public var inode: UInt64
        /// `DT_…`; 0 where the file system does not say.
        public var type: UInt8
    }

    private let descriptor: FileDescriptor
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    /// - Parameter descriptor: opened with `O_RDONLY | O_DIRECTORY`.
    public init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// The next batch of entries in the directory's own order, without `.` and `..`; nil at the end.
    public mutating func next() throws(Errno) -> [Entry]? {
        let raw = descriptor.rawValue
        let count = try systemCall { () -> Int in
            buffer.withUnsafeMutableBytes { larder_getdents64(raw, $0.baseAddress, $0.count) }
        }
        guard count > 0 else { return nil }
        return buffer.withUnsafeBytes { Self.parse(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    /// `struct linux_dirent64`: d_ino u64, d_off i64, d_reclen u16, d_type u8, d_name until NUL.
    private static func parse(_ bytes: UnsafeRawBufferPointer) -> [Entry] {
        var entries: [Entry] = []
        var at = 0
        while at + 19 <= bytes.count {
            let length = Int(bytes.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
            guard length >= 19, at + length <= bytes.count else { break }
            let field = bytes[(at + 19)..<(at + length)]
            let name = Name(Array(field.prefix { $0 != 0 }))
            if !name.isDots {
                entries.append(
                    Entry(
                        name: name, inode: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self),
                        type: bytes[at + 18]))
            }
            at += length
        }
        return entries
    }
}
