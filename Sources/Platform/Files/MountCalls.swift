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

    /// The number of the mount at a path, which no other mount has had or will have. Asks the file system nothing.
    ///
    /// - Throws: `EOPNOTSUPP` before Linux 6.8.
    public static func number(at mountPoint: String) throws(Errno) -> UInt64 {
        let place = try FileCalls.open(mountPoint, [.pathOnly, .directory])
        return try number(of: place.rawValue)
    }

    private static func number(of place: Int32) throws(Errno) -> UInt64 {
        var number: UInt64 = 0
        _ = try systemCall { larder_mount_id(place, &number) }
        return number
    }

    /// Ends a FUSE connection whatever its daemon does, by a forced unmount, for root: every call that waits for it gets an
    /// error, and so does every later one. Nothing is lost but answers that nobody would have given.
    ///
    /// - Parameter number: of the mount that is meant; nil: whatever is at the place.
    /// - Throws: `ESTALE` where another mount is at that place.
    public static func abortFuse(at mountPoint: String, number: UInt64?) throws(Errno) {
        // The connection ends before anybody looks whether the mount is busy, which this makes it: a mount that
        // went by itself would show what lies under it, for programs to write into.
        let place = try FileCalls.open(mountPoint, [.pathOnly, .directory])
        defer { _ = place.rawValue }
        if let number {
            guard try Self.number(of: place.rawValue) == number else { throw .stale }
        }
        do throws(Errno) {
            // That very mount, whatever has come to its place.
            _ = try systemCall { umount2("/proc/self/fd/\(place.rawValue)", larder_mount_force) }
        } catch .busy {}
    }
}

/// The switch that ends one FUSE connection, and never another one that came to have its number.
public struct FuseConnectionSwitch: Sendable {
    /// For a process that is to have the switch.
    public let descriptor: DescriptorReference

    /// - Parameter device: `major:minor` of a mount that is there.
    /// - Throws: `ENOENT` where the kernel's control files are not mounted.
    public init(device: String) throws(Errno) {
        let minor = device.split(separator: ":").last.map(String.init) ?? ""
        descriptor = DescriptorReference(
            try FileCalls.open("/sys/fs/fuse/connections/\(minor)/abort", [.writeOnly]))
    }

    /// - Parameter inherited: such a switch, which whoever started this process has opened.
    public init(inherited: Int32) {
        descriptor = DescriptorReference(FileDescriptor(owning: inherited))
    }

    /// As ``MountCalls/abortFuse(at:number:)``; nothing happens when the connection has ended.
    public func abort() {
        _ = try? systemCall { write(descriptor.rawValue, "1", 1) }
    }
}
