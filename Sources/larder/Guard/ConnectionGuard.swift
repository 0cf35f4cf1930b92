import Glibc
import Model
import Platform

/// Sees to it that a daemon that is killed takes its FUSE connection with it.
///
/// The kernel ends a connection when the last descriptor of `/dev/fuse` is closed. A killed daemon does not get
/// that far while one of its threads is inside a notification (`FUSE_NOTIFY_INVAL_INODE`): that waits, and
/// cannot be killed, for a page that is locked by a read which only the daemon could have answered. Then neither
/// the daemon nor its readers ever end. So each daemon starts a second, tiny process, which waits for the daemon's
/// end and then ends the connection from outside.
struct ConnectionGuard {
    static let commandName = "guard-connection"

    /// What is guarded; travels as arguments.
    struct Charge: Equatable {
        var daemon: Int32
        /// `major:minor` of the view's mount.
        var device: String
        var view: String
        /// Of the view's mount, where there is no switch and the kernel says one (``MountCalls/number(at:)``).
        var mount: UInt64?
        /// The connection's switch is open as descriptor 3.
        var hasSwitch = false

        init(daemon: Int32, device: String, view: String) {
            self.daemon = daemon
            self.device = device
            self.view = view
        }

        init?(arguments: [String]) {
            guard arguments.count == 5, let daemon = Int32(arguments[0]) else { return nil }
            self.init(daemon: daemon, device: arguments[1], view: arguments[2])
            mount = UInt64(arguments[3])
            hasSwitch = arguments[4] == Self.withSwitch
        }

        private static let withSwitch = "switch"

        var arguments: [String] {
            [
                "\(daemon)", device, view, mount.map { "\($0)" } ?? "-",
                hasSwitch ? Self.withSwitch : "-",
            ]
        }
    }

    private let process: ChildProcess

    /// To be called on the main thread, whose end is the daemon's.
    ///
    /// - Parameter view: canonical path of a view that is mounted.
    init(view: String) throws(Errno) {
        guard let mount = try MountTable.current().entry(at: Array(view.utf8)) else {
            throw .noSuchFile
        }
        var charge = Charge(daemon: Environment.processID, device: mount.device, view: view)
        // Opened here, it is this connection's for good. By the time that the other process runs, this one may have been killed, and
        // the next daemon's mount at the same place have the same device.
        let connection = try? FuseConnectionSwitch(device: mount.device)
        defer { withExtendedLifetime(connection) {} }
        charge.hasSwitch = connection != nil
        if connection == nil { charge.mount = try? MountCalls.number(at: view) }
        let null = try FileCalls.open("/dev/null", .readWrite)
        let standard = [null.rawValue, null.rawValue, null.rawValue]
        let control = connection.map { [$0.descriptor.rawValue] } ?? []
        process = try ChildProcess(
            OwnProgram.path, [Self.commandName, "--"] + charge.arguments,
            descriptors: standard + control, newSession: true)
    }

    /// Before the daemon ends in good order.
    func stop() {
        kill(process.pid, SIGKILL)
        _ = try? process.wait()
    }

    /// The second process.
    static func watch(_ charge: Charge) {
        _ = chdir("/")
        guard (try? ParentProcess.waitForEnd(of: charge.daemon)) != nil else { return }
        if charge.hasSwitch { return FuseConnectionSwitch(inherited: 3).abort() }
        // Numbers of devices are given anew: it has to be the mount that was ours.
        guard let mount = (try? MountTable.current())?.entry(at: Array(charge.view.utf8)),
            mount.device == charge.device,
            mount.fileSystemType == MountConfiguration.fileSystemType
        else { return }
        try? MountCalls.abortFuse(at: charge.view, number: charge.mount)
    }
}
