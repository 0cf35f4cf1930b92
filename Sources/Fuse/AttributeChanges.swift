public import Platform

import CFuse
import Model

/// What `setAttributes` is to change; nil leaves a field as it is.
public struct AttributeChanges: Hashable, Sendable {
    public typealias Time = TimeChange

    /// Permission bits only.
    public var mode: UInt32?
    public var userID: UInt32?
    public var groupID: UInt32?
    /// Bytes: truncate or extend.
    public var size: Int64?
    public var accessed = Time.omit
    public var modified = Time.omit

    public init() {}

    init(_ raw: stat, which: Int32) {
        if which & FUSE_SET_ATTR_MODE != 0 { mode = raw.st_mode & 0o7777 }
        if which & FUSE_SET_ATTR_UID != 0 { userID = raw.st_uid }
        if which & FUSE_SET_ATTR_GID != 0 { groupID = raw.st_gid }
        if which & FUSE_SET_ATTR_SIZE != 0 { size = Int64(raw.st_size) }
        if which & FUSE_SET_ATTR_ATIME_NOW != 0 {
            accessed = .now
        } else if which & FUSE_SET_ATTR_ATIME != 0 {
            accessed = .set(Timestamp(raw.st_atim))
        }
        if which & FUSE_SET_ATTR_MTIME_NOW != 0 {
            modified = .now
        } else if which & FUSE_SET_ATTR_MTIME != 0 {
            modified = .set(Timestamp(raw.st_mtim))
        }
    }
}
