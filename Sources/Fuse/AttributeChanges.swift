import CFuse
import Glibc
import Model
import Platform

/// What `setAttributes` is asked for.
extension AttributeChanges {
    init(_ raw: stat, which: Int32) {
        self.init()
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
