import Control
import Model
import Platform

/// `larder unmount VIEW [--lazy]`.
struct UnmountCommand {
    /// How long a daemon may take to finish after its view is gone: it writes its queue to the disk
    /// tier.
    static let endingTime = Duration.seconds(60)
    static let pollInterval = Duration.milliseconds(20)

    var view: String
    var lazy: Bool
    var unmounter = Unmounter.current()
    var clock: any LarderClock = SystemClock()

    func run() throws(CommandError) {
        let (path, entry) = try ViewLocator.current().mount(at: view)
        guard let entry else {
            guard !isRunning(path, owner: Environment.userID) else {
                // Unmounted by another way a moment ago, or not mounted yet.
                return try waitForEnd(
                    path, owner: Environment.userID,
                    daemon: daemon(of: path, owner: Environment.userID))
            }
            throw CommandError(.nothingToDo, "\(path) is not mounted")
        }
        guard entry.fileSystemType == MountConfiguration.fileSystemType else {
            throw .failure(
                "\(path) is not a view of larder but \(entry.fileSystemType) (\(entry.source)):"
                    + " `umount \(path)` is for those")
        }
        let owner = entry.fuseOwner ?? 0
        let daemon = self.daemon(of: path, owner: owner)
        try unmounter.unmount(path, lazy: lazy)
        // Taken away under its users, the daemon lives on until the last of them has closed.
        if !lazy { try waitForEnd(path, owner: owner, daemon: daemon) }
    }

    /// The daemon holds its registry entry until all it had to write is written; a moment later its process is
    /// gone, and with it the last descriptor that keeps the share busy.
    private func waitForEnd(
        _ path: String, owner: UInt32, daemon: ProcessReference?
    ) throws(CommandError) {
        let end = clock.monotonic + Self.endingTime
        while isRunning(path, owner: owner) || daemon?.hasEnded == false {
            guard clock.monotonic < end else {
                throw .failure(
                    "\(path) is unmounted, but its daemon has not ended within"
                        + " \(Self.endingTime.text); its log may say why")
            }
            Pause.wait(Self.pollInterval)
        }
    }

    private func daemon(of path: String, owner: UInt32) -> ProcessReference? {
        for runtime in RuntimeDirectory.candidates(owner: owner) {
            guard let directory = try? runtime.open(),
                let entry = MountRegistry(directory).entry(forView: Array(path.utf8))
            else { continue }
            return try? ProcessReference(entry.pid)
        }
        return nil
    }

    private func isRunning(_ path: String, owner: UInt32) -> Bool {
        RuntimeDirectory.candidates(owner: owner).contains { runtime in
            guard let directory = try? runtime.open() else { return false }
            return MountRegistry(directory).isRunning(view: Array(path.utf8))
        }
    }
}
