public import Model

import CLinux
public import Glibc

/// File-system calls relative to a descriptor. `directory` is an open or `O_PATH` descriptor of a directory.
///
/// All block: never call them on a FUSE thread for anything that lies on the share.
public enum FileCalls {
    /// Stands for the process's working directory where a directory descriptor is expected.
    public static let workingDirectory: Int32 = AT_FDCWD

    public static func open(
        at directory: Int32, _ path: [UInt8], _ flags: OpenFlags, mode: UInt32 = 0
    ) throws(Errno) -> FileDescriptor {
        let raw = try systemCall {
            withNulTerminated(path) {
                larder_openat(directory, $0, flags.rawValue | O_CLOEXEC, mode)
            }
        }
        return FileDescriptor(owning: raw)
    }

    /// As ``open(at:_:_:mode:)``, and fails with `ELOOP` or `EXDEV` where any part of the path is a symbolic link or leads out
    /// of `directory`. Never waits for what lies there in place of a file; reading and writing of files is not affected.
    public static func open(
        beneath directory: Int32, _ path: [UInt8], _ flags: OpenFlags, mode: UInt32 = 0
    ) throws(Errno) -> FileDescriptor {
        // openat2(2) takes no flag that means nothing to it.
        let waiting = flags.contains(.pathOnly) ? 0 : O_NONBLOCK
        let raw = try systemCall {
            withNulTerminated(path) {
                larder_open_beneath(directory, $0, flags.rawValue | waiting, mode)
            }
        }
        return FileDescriptor(owning: raw)
    }

    public static func open(
        _ path: String, _ flags: OpenFlags, mode: UInt32 = 0
    ) throws(Errno) -> FileDescriptor {
        try open(at: workingDirectory, Array(path.utf8), flags, mode: mode)
    }

    /// A descriptor with other flags on the same file: how an `O_PATH` descriptor becomes readable.
    public static func reopen(_ descriptor: Int32, _ flags: OpenFlags) throws(Errno)
        -> FileDescriptor
    {
        try open(at: workingDirectory, Array("/proc/self/fd/\(descriptor)".utf8), flags)
    }

    /// Another descriptor of the same open file: position and status flags are shared.
    public static func duplicate(_ descriptor: Int32) throws(Errno) -> FileDescriptor {
        FileDescriptor(owning: try systemCall { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) })
    }

    /// Takes `O_NONBLOCK` away, which was for opening only.
    public static func makeBlocking(_ descriptor: Int32) throws(Errno) {
        let flags = try systemCall { fcntl(descriptor, F_GETFL) }
        _ = try systemCall { fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) }
    }

    public static func attributes(of descriptor: Int32) throws(Errno) -> FileAttributes {
        var raw = stat()
        // An empty path with AT_EMPTY_PATH works for O_PATH descriptors too.
        _ = try systemCall {
            fstatat(descriptor, "", &raw, larder_at_empty_path | AT_SYMLINK_NOFOLLOW)
        }
        return FileAttributes(raw)
    }

    /// As ``attributes(of:)``, asked of the server where there is one: what the client of a network file system remembers
    /// may be of a file that had the name before.
    public static func attributesNow(of descriptor: Int32) throws(Errno) -> FileAttributes {
        var raw = larder_attributes()
        _ = try systemCall { larder_attributes_now(descriptor, &raw) }
        return FileAttributes(raw)
    }

    /// `lstat`: symbolic links are not followed.
    public static func attributes(
        at directory: Int32, _ name: Name
    ) throws(Errno) -> FileAttributes {
        var raw = stat()
        _ = try systemCall {
            name.withCString { fstatat(directory, $0, &raw, AT_SYMLINK_NOFOLLOW) }
        }
        return FileAttributes(raw)
    }

    /// As ``attributes(at:_:)``, and whether it is a folder in whose place another one is found, of a file system of its own, as
    /// soon as somebody looks into it: what this says of it is of what it hides then. NFS has such where its server has a
    /// file system below another.
    public static func attributesOrTrigger(
        at directory: Int32, _ name: Name
    ) throws(Errno) -> (FileAttributes, isMountTrigger: Bool) {
        var raw = larder_attributes()
        _ = try systemCall { name.withCString { larder_attributes_at(directory, $0, &raw) } }
        return (FileAttributes(raw), raw.is_mount_trigger != 0)
    }

    /// An `O_PATH` descriptor of what a name leads to: of a symbolic link itself, and of what is mounted in a folder's place once
    /// it is looked into.
    ///
    /// - Parameter isAutomount: whether that is so in all folders of a device.
    public static func openNode(
        beneath directory: Int32, _ name: Name, isAutomount: (UInt64) -> Bool
    ) throws(Errno) -> FileDescriptor {
        let node = try open(beneath: directory, name.bytes, [.pathOnly, .noFollow])
        var device: UInt64 = 0
        let isTrigger = larder_is_mount_trigger(node.rawValue, &device) != 0
        guard isTrigger || isAutomount(device) else { return node }
        do throws(Errno) {
            return try openFolder(beneath: directory, name)
        } catch .notDirectory {
            // autofs has symbolic links too.
            return node
        }
    }

    /// As ``openNode(beneath:_:isAutomount:)``, of a folder.
    public static func openFolder(
        beneath directory: Int32, _ name: Name
    ) throws(Errno) -> FileDescriptor {
        try open(beneath: directory, name.bytes, [.pathOnly, .directory, .noFollow])
    }

    /// The number by which the mount table names the mount that a name lies on; an empty name: that of `directory` itself. nil
    /// where the kernel does not say.
    public static func listedMount(at directory: Int32, _ name: Name) -> UInt64? {
        var id: UInt64 = 0
        return name.withCString { larder_listed_mount(directory, $0, &id) } == 0 ? id : nil
    }

    /// `f_fsid` of what a name lies on; an empty name: of `directory` itself.
    public static func fileSystemID(at directory: Int32, _ name: Name) -> UInt64? {
        var id: UInt64 = 0
        return name.withCString { larder_file_system_id(directory, $0, &id) } == 0 ? id : nil
    }

    /// `stat` of an absolute or working-directory path, links followed.
    public static func attributes(ofPath path: String) throws(Errno) -> FileAttributes {
        var raw = stat()
        _ = try systemCall { fstatat(AT_FDCWD, path, &raw, 0) }
        return FileAttributes(raw)
    }

    public static func readLink(at directory: Int32, _ name: Name) throws(Errno) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = try systemCall {
            name.withCString { path in
                buffer.withUnsafeMutableBytes { raw in
                    let target = raw.bindMemory(to: CChar.self)
                    return readlinkat(
                        directory, path, target.baseAddress.unsafelyUnwrapped, target.count)
                }
            }
        }
        return Array(buffer[..<length])
    }

    /// Bytes read; less than asked for only at the end of the file.
    public static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
    ) throws(Errno) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try systemCall {
                pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + done)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Writes all of `buffer`.
    public static func write(
        _ descriptor: Int32, _ buffer: UnsafeRawBufferPointer, at offset: Int64
    ) throws(Errno) {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
            done += try systemCall {
                pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + done)
            }
        }
    }

    /// Gives the blocks under `range` back to the file system; the file reads zeros there, its size stays.
    public static func punchHole(_ descriptor: Int32, _ range: Range<Int64>) throws(Errno) {
        _ = try systemCall {
            larder_fallocate(
                descriptor, larder_punch_hole, range.lowerBound, range.upperBound - range.lowerBound
            )
        }
    }

    public static func makeDirectory(
        at directory: Int32, _ path: [UInt8], mode: UInt32
    ) throws(Errno) {
        _ = try systemCall { withNulTerminated(path) { mkdirat(directory, $0, mode) } }
    }

    public static func unlink(at directory: Int32, _ path: [UInt8]) throws(Errno) {
        _ = try systemCall { withNulTerminated(path) { unlinkat(directory, $0, 0) } }
    }

    /// Has the file system that holds `descriptor` say what `statfs` says, and drops it: no kernel and hardly a file system keeps that,
    /// so that whoever serves it has been asked when this returns.
    public static func askFileSystem(of descriptor: Int32) throws(Errno) {
        var raw = statvfs()
        _ = try systemCall { fstatvfs(descriptor, &raw) }
    }

    /// What `statfs` says of the file system that holds `descriptor`.
    public static func fileSystem(of descriptor: Int32) throws(Errno) -> FileSystemUsage {
        var raw = statvfs()
        _ = try systemCall { fstatvfs(descriptor, &raw) }
        var kind: UInt64 = 0
        _ = try systemCall { larder_file_system_kind(descriptor, &kind) }
        return FileSystemUsage(
            kind: kind, blockSize: UInt64(raw.f_bsize),
            fragmentSize: UInt64(raw.f_frsize), blocks: UInt64(raw.f_blocks),
            blocksFree: UInt64(raw.f_bfree), blocksAvailable: UInt64(raw.f_bavail),
            files: UInt64(raw.f_files), filesFree: UInt64(raw.f_ffree),
            nameLengthMax: UInt64(raw.f_namemax))
    }
}

/// The figures of `statvfs(3)` and the magic number of `statfs(2)`.
public struct FileSystemUsage: Hashable, Codable, Sendable {
    /// `f_type`: which file system this is.
    public var kind: UInt64
    public var blockSize: UInt64
    public var fragmentSize: UInt64
    /// In units of ``fragmentSize``, like the next two.
    public var blocks: UInt64
    public var blocksFree: UInt64
    public var blocksAvailable: UInt64
    public var files: UInt64
    public var filesFree: UInt64
    public var nameLengthMax: UInt64

    public init(
        kind: UInt64, blockSize: UInt64, fragmentSize: UInt64, blocks: UInt64, blocksFree: UInt64,
        blocksAvailable: UInt64, files: UInt64, filesFree: UInt64, nameLengthMax: UInt64
    ) {
        self.kind = kind
        self.blockSize = blockSize
        self.fragmentSize = fragmentSize
        self.blocks = blocks
        self.blocksFree = blocksFree
        self.blocksAvailable = blocksAvailable
        self.files = files
        self.filesFree = filesFree
        self.nameLengthMax = nameLengthMax
    }

    /// Bytes that an ordinary user may still write.
    public var bytesAvailable: Int64 { Int64(clamping: blocksAvailable &* fragmentSize) }
}

extension FileAttributes {
    init(_ raw: larder_attributes) {
        self.init(
            device: raw.device, inode: raw.inode, mode: raw.mode, linkCount: raw.link_count,
            userID: raw.user_id, groupID: raw.group_id,
            representedDevice: raw.represented_device, size: max(0, raw.size),
            blocks: max(0, raw.blocks), blockSize: raw.block_size,
            accessed: Timestamp(seconds: raw.accessed, nanoseconds: raw.accessed_nanoseconds),
            modified: Timestamp(seconds: raw.modified, nanoseconds: raw.modified_nanoseconds),
            changed: Timestamp(seconds: raw.changed, nanoseconds: raw.changed_nanoseconds))
    }

    public init(_ raw: stat) {
        self.init(
            device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino), mode: UInt32(raw.st_mode),
            linkCount: UInt32(clamping: raw.st_nlink), userID: raw.st_uid, groupID: raw.st_gid,
            representedDevice: UInt64(raw.st_rdev), size: max(0, Int64(raw.st_size)),
            blocks: max(0, Int64(raw.st_blocks)), blockSize: UInt32(clamping: raw.st_blksize),
            accessed: Timestamp(raw.st_atim), modified: Timestamp(raw.st_mtim),
            changed: Timestamp(raw.st_ctim))
    }

    /// As `stat(2)` would fill it in.
    public var rawStat: stat {
        var raw = stat()
        raw.st_dev = dev_t(device)
        raw.st_ino = ino_t(inode)
        raw.st_mode = mode
        raw.st_nlink = nlink_t(linkCount)
        raw.st_uid = userID
        raw.st_gid = groupID
        raw.st_rdev = dev_t(representedDevice)
        raw.st_size = off_t(size)
        raw.st_blocks = blkcnt_t(blocks)
        raw.st_blksize = blksize_t(blockSize)
        raw.st_atim = accessed.timespec
        raw.st_mtim = modified.timespec
        raw.st_ctim = changed.timespec
        return raw
    }
}

extension Timestamp {
    public init(_ raw: timespec) {
        self.init(seconds: Int64(raw.tv_sec), nanoseconds: UInt32(clamping: raw.tv_nsec))
    }

    public var timespec: timespec {
        Glibc.timespec(tv_sec: time_t(seconds), tv_nsec: Int(nanoseconds))
    }
}

extension FileCalls {
    /// `lseek(2)` with `SEEK_DATA` (3) or `SEEK_HOLE` (4). Moves the descriptor's position, which nothing
    /// in Larder uses.
    public static func seek(
        _ descriptor: Int32, to offset: Int64, whence: Int32
    ) throws(Errno) -> Int64 {
        Int64(try systemCall { lseek(descriptor, off_t(offset), whence) })
    }

    /// Value of an extended attribute, at most 64 KiB (the kernel's own bound).
    public static func extendedAttribute(
        ofPath path: String, _ name: Name
    ) throws(Errno) -> [UInt8] {
        var value = [UInt8](repeating: 0, count: 64 << 10)
        let length = try systemCall {
            name.withCString { attribute in
                value.withUnsafeMutableBytes {
                    larder_getxattr(path, attribute, $0.baseAddress, $0.count)
                }
            }
        }
        return Array(value[..<length])
    }

    /// Names of the extended attributes, each followed by a NUL, at most 64 KiB.
    public static func extendedAttributeNames(ofPath path: String) throws(Errno) -> [UInt8] {
        var names = [UInt8](repeating: 0, count: 64 << 10)
        let length = try systemCall {
            names.withUnsafeMutableBytes {
                larder_listxattr(path, $0.baseAddress, $0.count)
            }
        }
        return Array(names[..<length])
    }
}
