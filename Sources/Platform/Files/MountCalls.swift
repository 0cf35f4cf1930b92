public import Model

import CLinux
import Glibc

/// `umount2(2)`.
public enum MountCalls {
    /// - Parameter lazy: detach now, clean up when nobody uses it any more.
    public static func unmount(_ mountPoint: String, lazy: Bool) throws(Errno) {
        let flags = larder_mount_no_follow | (lazy ? larder_mount_detach : 0)
        _ = try systemCall { umount2(mountPoint, flags) }
    }
}
