public import Model

import CLinux
import Glibc

/// Calls that change a tree. `node` is an `O_PATH` descriptor of any kind of file, `file` an open one.
///
/// A path through `/proc/self/fd` reaches exactly the file behind an `O_PATH` descriptor, a symbolic link
/// included, whatever was renamed meanwhile.
extension FileCalls {
    /// Where calls that take nothing but a path find the file.
    public static func path(of node: Int32) -> String { "/proc/self/fd/\(node)" }

    public static func removeDirectory(at directory: Int32, _ name: Name) throws(Errno) {
        _ = try systemCall { name.withCString { unlinkat(directory, $0, AT_REMOVEDIR) } }
    }

    /// - Parameter mode: type and permission bits, less the thread's umask.
    public static func makeNode(
        at directory: Int32, _ name: Name, mode: UInt32, device: UInt64
    ) throws(Errno) {
        _ = try systemCall { name.withCString { mknodat(directory, $0, mode, dev_t(device)) } }
    }

    public static func makeSymbolicLink(
        at directory: Int32, _ name: Name, to target: [UInt8]
    ) throws(Errno) {
        _ = try systemCall {
            name.withCString { path in withNulTerminated(target) { symlinkat($0, directory, path) }
            }
        }
    }

    /// Another name for `node`.
    public static func link(_ node: Int32, at directory: Int32, _ name: Name) throws(Errno) {
        let source = path(of: node)
        _ = try systemCall {
            name.withCString { linkat(AT_FDCWD, source, directory, $0, AT_SYMLINK_FOLLOW) }
        }
    }

    /// `RENAME_EXCHANGE`.
    public static var renameExchange: UInt32 { larder_rename_exchange }

    /// - Parameter flags: `RENAME_NOREPLACE`, `RENAME_EXCHANGE`, … or 0.
    public static func rename(
        at directory: Int32, _ name: Name, to newDirectory: Int32, _ newName: Name,
        flags: UInt32 = 0
    ) throws(Errno) {
        _ = try systemCall {
            name.withCString { from in
                newName.withCString { larder_renameat2(directory, from, newDirectory, $0, flags) }
            }
        }
    }

    /// - Parameter mode: permission bits.
    public static func setMode(of node: Int32, _ mode: UInt32) throws(Errno) {
        let path = path(of: node)
        _ = try systemCall { chmod(path, mode) }
    }

    /// nil leaves that half as it is.
    public static func setOwner(of node: Int32, user: UInt32?, group: UInt32?) throws(Errno) {
        _ = try systemCall {
            fchownat(
                node, "", user ?? .max, group ?? .max, larder_at_empty_path | AT_SYMLINK_NOFOLLOW)
        }
    }

    public static func setTimes(
        of node: Int32, accessed: TimeChange, modified: TimeChange
    ) throws(Errno) {
        let times = [accessed.timespec, modified.timespec]
        _ = try systemCall { utimensat(node, "", times, larder_at_empty_path) }
    }

    /// `ftruncate(2)`: the descriptor must be open for writing, whatever the file's mode says by now.
    public static func setSize(ofOpen descriptor: Int32, _ size: Int64) throws(Errno) {
        _ = try systemCall { ftruncate(descriptor, off_t(size)) }
    }

    /// - Parameter size: in bytes.
    public static func setSize(of node: Int32, _ size: Int64) throws(Errno) {
        let path = path(of: node)
        _ = try systemCall { truncate(path, off_t(size)) }
    }

    /// One `pwrite(2)`: bytes taken.
    public static func writeSome(
        _ file: Int32, _ buffer: UnsafeRawBufferPointer, at offset: Int64
    ) throws(Errno) -> Int {
        try systemCall { pwrite(file, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    /// One `write(2)` at the end of a file that was opened with `O_APPEND`, wherever that is by now: bytes taken.
    public static func appendSome(
        _ file: Int32, _ buffer: UnsafeRawBufferPointer
    ) throws(Errno) -> Int {
        try systemCall { Glibc.write(file, buffer.baseAddress, buffer.count) }
    }

    /// The offset behind what was read or written last, as far as the file system knows.
    public static func position(of file: Int32) throws(Errno) -> Int64 {
        Int64(try systemCall { lseek(file, 0, SEEK_CUR) })
    }

    /// What `close(2)` of a descriptor of the same open file would do and say: network file systems send what
    /// they have gathered, and report what became of it.
    public static func flush(_ file: Int32) throws(Errno) {
        let copy = try duplicate(file).release()
        // Not tried again on EINTR: the descriptor is gone either way.
        guard close(copy) != 0 else { return }
        let code = errno
        if code != EINTR { throw Errno(rawValue: code) }
    }

    public static func synchronize(_ file: Int32, dataOnly: Bool) throws(Errno) {
        _ = try systemCall { dataOnly ? fdatasync(file) : fsync(file) }
    }

    /// `fallocate(2)`.
    public static func allocate(
        _ file: Int32, mode: Int32, offset: Int64, length: Int64
    ) throws(Errno) {
        _ = try systemCall { larder_fallocate(file, mode, offset, length) }
    }

    /// One `copy_file_range(2)`: bytes copied, 0 at the end of the source.
    public static func copyRange(
        from source: Int32, at sourceOffset: Int64, to target: Int32, at targetOffset: Int64,
        length: Int
    ) throws(Errno) -> Int {
        var sourceOffset = sourceOffset
        var targetOffset = targetOffset
        return try systemCall {
            larder_copy_file_range(source, &sourceOffset, target, &targetOffset, length)
        }
    }

    /// - Parameter flags: `XATTR_CREATE`, `XATTR_REPLACE` or 0.
    public static func setExtendedAttribute(
        of node: Int32, _ name: Name, to value: [UInt8], flags: Int32
    ) throws(Errno) {
        let path = path(of: node)
        _ = try systemCall {
            name.withCString { larder_setxattr(path, $0, value, value.count, flags) }
        }
    }

    public static func removeExtendedAttribute(of node: Int32, _ name: Name) throws(Errno) {
        let path = path(of: node)
        _ = try systemCall { name.withCString { larder_removexattr(path, $0) } }
    }
}
