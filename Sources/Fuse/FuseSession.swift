public import Model

import CFuse
import Glibc
public import Platform
import Synchronization

/// A file system and its connection to the kernel: made, mounted, run, unmounted.
///
/// ```swift
/// let session = try FuseSession(fileSystem: view, fsName: "/mnt/nas", subtype: "larder", options: ["ro"])
/// try session.mount(at: "/home/me/nas")
/// try session.run()        // until somebody unmounts, or exit() is called
/// session.unmount()        // nothing to do when somebody else did
/// ```
///
/// Installs no signal handlers. Every method may be called from any thread; `run` once.
public final class FuseSession: Sendable {
    /// How long the end waits for handlers that run: seconds.
    private static let handlerPatience: UInt32 = 5

    private let core: SessionCore
    private let mountpoint = Mutex<String?>(nil)

    /// - Parameters:
    ///   - fsName: first column of `/proc/mounts`: what is mounted.
    ///   - subtype: the type becomes `fuse.<subtype>`.
    ///   - options: as after `-o`; one or several (`"nosuid,nodev"`) in a string. `max_read` is set from
    ///     `requestBytesMax`.
    ///   - requestBytesMax: bytes of one read or write, at most; a multiple of 4096, 1 MiB being the most
    ///     that kernels take.
    ///   - metrics: counts every request.
    public init(
        fileSystem: any FuseFileSystem, fsName: String, subtype: String, options: [String] = [],
        requestBytesMax: Int = 1 << 20, metrics: FuseMetrics? = nil
    ) throws(FuseSessionError) {
        precondition(requestBytesMax >= 4096 && requestBytesMax % 4096 == 0)
        var arguments = [
            subtype, "-ofsname=\(Self.escaped(fsName))", "-osubtype=\(Self.escaped(subtype))",
            "-omax_read=\(requestBytesMax)",
        ]
        for option in options where !option.isEmpty { arguments.append("-o\(option)") }
        core = try SessionCore(
            fileSystem: fileSystem, requestBytesMax: requestBytesMax, arguments: arguments,
            metrics: metrics)
    }

    /// What libfuse has to say goes to `log` from now on, for the whole process: it has one log.
    public static func forwardLibraryLog(to log: Log) {
        LibraryLog.forward(to: log)
    }

    /// Mounts. Root does it directly, others through `fusermount3`. Requests wait until ``run(threadsMax:)``,
    /// so no call may touch the mountpoint before.
    public func mount(at path: String) throws(FuseSessionError) {
        // libfuse would mount a directory over a file, and nothing could look into it.
        if let found = try? FileCalls.attributes(ofPath: path), !found.isDirectory {
            throw .mount(path: path, reason: "it is not a directory")
        }
        try core.mount(at: path)
        mountpoint.withLock { $0 = path }
    }

    /// Serves requests on threads of its own; returns when the file system was unmounted or ``exit()`` was
    /// called, after ``FuseFileSystem/destroy()``.
    ///
    /// - Parameter threadsMax: threads that call into the file system at once, at most (1 ... 64), started as
    ///   needed; each has a buffer of `requestBytesMax`.
    public func run(threadsMax: Int = 8) throws(FuseSessionError) {
        guard let raw = core.raw else { throw .loop(.notConnected) }
        let status = larder_fuse_loop(
            core.shared, raw, UInt32(clamping: max(1, threadsMax)), Self.handlerPatience)
        // A thread that a disk holds will look at the session once more when it comes back.
        if core.shared.pointee.left_behind > 0 { _ = Unmanaged.passRetained(core) }
        core.fileSystem.destroy()
        if status < 0 { throw .loop(Errno(rawValue: -status)) }
    }

    /// Makes ``run(threadsMax:)`` return soon. Handlers that run are finished first, if that takes no more than five seconds;
    /// nothing is unmounted.
    public func exit() {
        larder_fuse_exit(core.shared)
    }

    /// Unmounts lazily, if still mounted: the path is free at once, files that are open stay usable until they
    /// are closed or ``run(threadsMax:)`` has ended.
    public func unmount() {
        core.unmount()
    }

    /// `MAJOR:MINOR` of the mounted file system, as under `/sys/class/bdi`; nil when it is not mounted. Does
    /// not ask the file system.
    public var deviceNumber: String? {
        guard let path = mountpoint.withLock({ $0 }),
            let canonical = try? RealPath.resolveParent(path), let table = try? MountTable.current()
        else { return nil }
        return table.entry(at: Array(canonical.utf8))?.device
    }

    /// Sets how far the kernel reads ahead for buffered readers (128 KiB unless set). Root only; at any time
    /// after mounting.
    ///
    /// - Throws: `EACCES` for other users; `ENOENT` when not mounted.
    public func setKernelReadahead(kibibytes: Int) throws(Errno) {
        guard let device = deviceNumber else { throw .noSuchFile }
        let file = try FileCalls.open("/sys/class/bdi/\(device)/read_ahead_kb", .writeOnly)
        let text = Array("\(kibibytes)\n".utf8)
        let raw = file.rawValue
        _ = try systemCall { text.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) } }
    }

    /// In `-o` values a comma ends the value and a backslash quotes.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            if character == "," || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }
}

extension FuseSession: FuseNotifier {
    public func notifyInvalidateInode(node: UInt64, offset: Int64, length: Int64) throws(Errno) {
        try check(
            fuse_lowlevel_notify_inval_inode(core.raw, node, off_t(offset), off_t(length)))
    }

    public func notifyInvalidateEntry(parent: UInt64, name: Name) throws(Errno) {
        try check(
            name.withCString {
                fuse_lowlevel_notify_inval_entry(core.raw, parent, $0, name.bytes.count)
            })
    }

    public func notifyPrune(nodes: [UInt64]) throws(Errno) {
        guard !nodes.isEmpty else { return }
        try check(larder_fuse_notify_prune(core.shared, nodes, UInt32(nodes.count)))
    }

    private func check(_ status: Int32) throws(Errno) {
        guard status >= 0 else { throw Errno(rawValue: -status) }
    }
}
