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

    /// Ends a FUSE connection whatever its daemon does: every call that waits for it gets an error, and so does
    /// every later one. Nothing is lost but answers that nobody would have given.
    ///
    /// By the connection's own switch, which its owner may use, else by a forced unmount, for root.
    ///
    /// - Parameter device: `major:minor` of the mount.
    public static func abortFuse(device: String, mountPoint: String) throws(Errno) {
        let minor = device.split(separator: ":").last.map(String.init) ?? ""
        do throws(Errno) {
            let control = try FileCalls.open(
                "/sys/fs/fuse/connections/\(minor)/abort", [.writeOnly])
            _ = try systemCall { write(control.rawValue, "1", 1) }
        } catch {
            guard geteuid() == 0 else { throw error }
            // The connection ends before anybody looks whether the mount is busy, which this makes it: a mount that
            // went by itself would show what lies under it, for programs to write into.
            let place = try FileCalls.open(mountPoint, [.pathOnly, .directory])
            defer { _ = place.rawValue }
            do throws(Errno) {
                _ = try systemCall {
                    umount2(mountPoint, larder_mount_no_follow | larder_mount_force)
                }
            } catch .busy {}
        }
    }
}

/// The switch that ends one FUSE connection, and never another one that came to have its number.
public struct FuseConnectionSwitch: Sendable {
    private let control: DescriptorReference

    /// - Parameter device: `major:minor` of a mount that is there.
    /// - Throws: `ENOENT` where the kernel's control files are not mounted.
    public init(device: String) throws(Errno) {
        let minor = device.split(separator: ":").last.map(String.init) ?? ""
        control = DescriptorReference(
            try FileCalls.open("/sys/fs/fuse/connections/\(minor)/abort", [.writeOnly]))
    }

    /// As ``MountCalls/abortFuse(device:mountPoint:)``; nothing happens when the connection has ended.
    public func abort() {
        _ = try? systemCall { write(control.rawValue, "1", 1) }
    }
}
