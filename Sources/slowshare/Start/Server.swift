import Fuse
import Glibc
import Model
import Platform

/// Serves one directory from start to end.
enum Server {
    /// Threads that carry operations out. They touch the served directory, which is local, and wait for nothing else.
    private static let threadsMax = 32

    /// - Returns: the process's exit code.
    static func run(_ options: ServeOptions) -> Int32 {
        // Before any other thread starts, so that all inherit it.
        SignalWaiter.block()
        // Every file that the kernel remembers takes a descriptor; its own bound is a million unless set otherwise.
        OpenFileLimit.raise(to: 1 << 20)
        // Modes of what clients make are theirs alone.
        umask(0)
        do {
            try serve(options)
            return 0
        } catch let error as Explanation {
            Failure.say(error.text)
        } catch let error as FuseSessionError {
            Failure.say("\(error)")
        } catch {
            Failure.say("\(options.mountpoint): \(error)")
        }
        return 1
    }

    private struct Explanation: Error {
        var text: String
    }

    private static func serve(_ options: ServeOptions) throws {
        // A second share over the first would take its control socket too.
        let canonical = try? RealPath.resolveParent(options.mountpoint)
        if let canonical, let table = try? MountTable.current(),
            let mounted = table.entry(at: Array(canonical.utf8))
        {
            throw Explanation(
                text: "\(options.mountpoint): \(mounted.fileSystemType) is mounted there already; "
                    + "unmount it first")
        }
        if options.traits.squash != nil, !ThreadIdentity.canChange {
            throw Explanation(text: "--squash: only root can act for others")
        }
        let root = try explained(options.directory) { () throws(Errno) in
            try FileCalls.open(options.directory, [.pathOnly, .directory]).release()
        }
        let network = Network(
            link: Link(roundTrip: options.roundTrip, bandwidth: options.bandwidth))
        let fileSystem = try explained(options.directory) { () throws(Errno) in
            try Passthrough(
                root: FileDescriptor(owning: root), network: network, timeouts: options.timeouts,
                clock: options.clock, traits: options.traits
            ) {
                if let descriptor = options.readyDescriptor { Background.sayReady(descriptor) }
            }
        }
        let address = try explained(options.mountpoint) { () throws(Errno) in
            try ControlAddress(mountpoint: options.mountpoint, override: options.control)
        }
        let session = try FuseSession(
            fileSystem: fileSystem, fsName: options.directory, subtype: "slowshare",
            options: mountOptions(options))
        try session.mount(at: options.mountpoint)
        defer { session.unmount() }
        let control = try explained(address.path) { () throws(Errno) in
            try ControlServer(address, network: network)
        }
        defer { control.remove() }
        SignalWaiter.start { _ in
            session.unmount()
            session.exit()
            return true
        }
        try session.run(threadsMax: threadsMax)
    }

    /// The kernel checks permissions; a share of root's is there for everybody, as mounts of NAS shares are.
    private static func mountOptions(_ options: ServeOptions) -> [String] {
        let given = options.mountOptions.flatMap { $0.split(separator: ",").map(String.init) }
        let defaults =
            geteuid() == 0 ? ["default_permissions", "allow_other"] : ["default_permissions"]
        return defaults.filter { !given.contains($0) } + given
    }

    private static func explained<Result>(
        _ path: String, _ body: () throws(Errno) -> Result
    ) throws -> Result {
        do throws(Errno) {
            return try body()
        } catch {
            throw Explanation(text: "\(path): \(Failure.text(error))")
        }
    }
}
