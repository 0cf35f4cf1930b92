public import Model
public import Platform

import CFuse
import Glibc

/// The answers. Each returns false when the request had its answer already, or the kernel did not take this
/// one: an entry was not counted then, and an opened file will see no `release`.
extension FuseRequest {
    /// - Parameter error: nil says that the operation succeeded and has nothing to tell.
    @discardableResult
    public func reply(error: Errno?) -> Bool {
        answer(error.map { .error($0) } ?? .done, isError: error != nil) {
            fuse_reply_err($0, error?.rawValue ?? 0)
        }
    }

    /// For `lookup` and what makes a file without opening it.
    @discardableResult
    public func reply(entry: FuseEntry) -> Bool {
        var raw = fuse_entry_param(entry)
        return answer(.entry(entry)) { fuse_reply_entry($0, &raw) }
    }

    /// For `create`.
    @discardableResult
    public func reply(created entry: FuseEntry, open: FuseOpenReply) -> Bool {
        var raw = fuse_entry_param(entry)
        var info = fuse_file_info(open)
        return answer(.created(entry, open)) { fuse_reply_create($0, &raw, &info) }
    }

    /// - Parameter timeout: seconds that the kernel may believe them.
    @discardableResult
    public func reply(attributes: FileAttributes, timeout: Double) -> Bool {
        var raw = attributes.rawStat
        return answer(.attributes(attributes, timeout: timeout)) {
            fuse_reply_attr($0, &raw, timeout)
        }
    }

    /// For `readLink`.
    @discardableResult
    public func reply(link target: [UInt8]) -> Bool {
        answer(.bytes(target)) { raw in
            withNulTerminated(target) { fuse_reply_readlink(raw, $0) }
        }
    }

    @discardableResult
    public func reply(open: FuseOpenReply) -> Bool {
        var info = fuse_file_info(open)
        return answer(.open(open)) { fuse_reply_open($0, &info) }
    }

    /// For `read`, `getExtendedAttribute` and `listExtendedAttributes` with a size.
    @discardableResult
    public func reply(bytes: UnsafeRawBufferPointer) -> Bool {
        answer(.bytes(Array(bytes))) {
            fuse_reply_buf($0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
    }

    /// For `read`: the buffers one after the other, copied by the kernel and nobody else.
    ///
    /// - Parameter buffers: at most 1,023.
    @discardableResult
    public func reply(buffers: [UnsafeRawBufferPointer]) -> Bool {
        precondition(buffers.count < 1024, "more buffers than one writev takes")
        return answer(.bytes(buffers.flatMap { Array($0) })) { raw in
            withUnsafeTemporaryAllocation(of: iovec.self, capacity: buffers.count) { parts in
                for (index, buffer) in buffers.enumerated() {
                    // writev only reads from it.
                    parts[index] = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress),
                        iov_len: buffer.count)
                }
                return fuse_reply_iov(raw, parts.baseAddress, Int32(buffers.count))
            }
        }
    }

    /// For `write` and `copyRange`: bytes taken.
    @discardableResult
    public func reply(written: Int) -> Bool {
        answer(.count(written)) { fuse_reply_write($0, written) }
    }

    /// For `getExtendedAttribute` and `listExtendedAttributes` with size 0: the bytes it would take.
    @discardableResult
    public func reply(xattrSize: Int) -> Bool {
        answer(.count(xattrSize)) { fuse_reply_xattr($0, xattrSize) }
    }

    /// For `seek`.
    @discardableResult
    public func reply(offset: Int64) -> Bool {
        answer(.offset(offset)) { fuse_reply_lseek($0, off_t(offset)) }
    }

    /// For `statistics`.
    @discardableResult
    public func reply(fileSystem usage: FileSystemUsage) -> Bool {
        var raw = statvfs()
        raw.f_bsize = UInt(usage.blockSize)
        raw.f_frsize = UInt(usage.fragmentSize)
        raw.f_blocks = fsblkcnt_t(usage.blocks)
        raw.f_bfree = fsblkcnt_t(usage.blocksFree)
        raw.f_bavail = fsblkcnt_t(usage.blocksAvailable)
        raw.f_files = fsfilcnt_t(usage.files)
        raw.f_ffree = fsfilcnt_t(usage.filesFree)
        raw.f_favail = fsfilcnt_t(usage.filesFree)
        raw.f_namemax = UInt(usage.nameLengthMax)
        return answer(.fileSystem(usage)) { fuse_reply_statfs($0, &raw) }
    }

    /// For `readDirectory`; an empty buffer says that the listing is at its end.
    @discardableResult
    public func reply(directory: consuming FuseDirectoryBuffer) -> Bool {
        directory.withBytes { reply(bytes: $0) }
    }

    /// For `getLock`: the lock that is in the way, or kind `.unlock` when there is none.
    @discardableResult
    public func reply(lock: FuseLock) -> Bool {
        var raw = lock.rawLock
        return answer(.lock(lock)) { fuse_reply_lock($0, &raw) }
    }

    /// Runs `body` on the request if nobody has answered yet; libfuse frees the request in it.
    @inline(__always)
    ///
    /// - Parameter shown: for who asks without the kernel; made only then.
    private func answer(
        _ shown: @autoclosure () -> FuseAnswer, isError: Bool = false,
        _ body: (OpaquePointer) -> Int32
    ) -> Bool {
        if let isTaken = answerOwn(shown) { return isTaken }
        guard let raw = take() else { return false }
        count(isError ? .error : .ok)
        return body(raw) == 0
    }
}

extension fuse_file_info {
    fileprivate init(_ open: FuseOpenReply) {
        self.init()
        fh = open.handle
        keep_cache = open.keepCache ? 1 : 0
        cache_readdir = open.cacheDirectory ? 1 : 0
        direct_io = open.directIO ? 1 : 0
        noflush = open.noFlush ? 1 : 0
        nonseekable = open.nonSeekable ? 1 : 0
    }
}
