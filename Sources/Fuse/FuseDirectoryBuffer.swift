public import Model

import CFuse
import Platform

/// The bytes of one directory reply, filled entry by entry until full.
///
/// All entries of one buffer are of one kind: ``add(name:inode:type:nextOffset:)`` for a plain listing,
/// ``addPlus(name:entry:nextOffset:)`` for one with attributes. Owned by one thread at a time.
public struct FuseDirectoryBuffer: ~Copyable, Sendable {
    /// Unsafe because it is a bare allocation; sound because this value is its only owner (noncopyable) and
    /// frees it when it goes.
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer
    /// Bytes filled.
    public private(set) var count = 0
    /// Entries in it.
    public private(set) var entries = 0

    /// - Parameter capacity: the `size` that `readDirectory` was called with.
    public init(capacity: Int) {
        storage = .allocate(byteCount: max(1, capacity), alignment: 8)
    }

    deinit {
        storage.deallocate()
    }

    public var isEmpty: Bool { count == 0 }

    /// - Parameters:
    ///   - inode: what `readdir` shows as `d_ino`.
    ///   - type: `DT_…`, 0 if unknown.
    ///   - nextOffset: where a listing goes on behind this entry; not 0.
    /// - Returns: false when the entry does not fit any more; it was not added then.
    public mutating func add(name: Name, inode: UInt64, type: UInt8, nextOffset: Int64) -> Bool {
        var raw = stat()
        raw.st_ino = ino_t(inode)
        raw.st_mode = mode_t(type) << 12
        let rest = UnsafeMutableRawBufferPointer(rebasing: storage[count...])
        let size = name.withCString {
            fuse_add_direntry(
                nil, rest.baseAddress?.assumingMemoryBound(to: CChar.self), rest.count, $0, &raw,
                off_t(nextOffset))
        }
        guard size <= rest.count else { return false }
        count += size
        entries += 1
        return true
    }

    /// Adds one to the lookup count of `entry.nodeID`, unless that is 0 or the name is `.` or `..`; an entry
    /// with node id 0 gives the name and the type alone.
    ///
    /// - Returns: false when the entry does not fit any more; it was not added then, nor counted.
    public mutating func addPlus(name: Name, entry: FuseEntry, nextOffset: Int64) -> Bool {
        var raw = fuse_entry_param(entry)
        let rest = UnsafeMutableRawBufferPointer(rebasing: storage[count...])
        let size = name.withCString {
            fuse_add_direntry_plus(
                nil, rest.baseAddress?.assumingMemoryBound(to: CChar.self), rest.count, $0, &raw,
                off_t(nextOffset))
        }
        guard size <= rest.count else { return false }
        count += size
        entries += 1
        return true
    }

    /// The filled bytes, valid during `body`.
    borrowing func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
    }
}

extension fuse_entry_param {
    init(_ entry: FuseEntry) {
        self.init(
            ino: entry.nodeID, generation: entry.generation, attr: entry.attributes.rawStat,
            attr_timeout: entry.attributeTimeout, entry_timeout: entry.entryTimeout)
    }
}
