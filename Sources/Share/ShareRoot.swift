import Model
import Platform
import Synchronization

/// The share's root, from which every path is walked; found again when its mount died and came back.
///
/// A descriptor of a mount that is gone (`sshfs` killed, a forced unmount) answers `ENOTCONN` or `ESTALE` for good. Only
/// a mount of the same type and source at the same place is taken for the share's return: the folder that lies under a
/// mountpoint, mostly an empty one, is not a share whose files are gone.
final class ShareRoot: Sendable {
    private struct State: Sendable {
        var descriptor: DescriptorReference
        var lastAttempt: Duration?
        /// Since when the mount is gone.
        var disconnectedSince: Duration?
    }

    /// Between two looks for the mount's return.
    private static let attemptInterval = Duration.seconds(1)

    private let path: String
    /// What is mounted where the share lies; nil where that cannot be told, and then nothing is taken for its return.
    let mount: MountTable.Entry?
    private let clock: any LarderClock
    private let state: Mutex<State>

    /// Blocks; throws what `open(2)` gave.
    init(path: String, clock: any LarderClock) throws(Errno) {
        self.path = path
        self.clock = clock
        mount = Self.mount(at: path)
        state = Mutex(
            State(
                descriptor: DescriptorReference(
                    try FileCalls.open(path, [.pathOnly, .directory]))))
    }

    var descriptor: DescriptorReference { state.withLock { $0.descriptor } }
    var disconnectedSince: Duration? { state.withLock { $0.disconnectedSince } }

    /// Whether the mount that is used is there, as far as can be told: one that does not answer is. Blocks.
    var isThere: Bool {
        do throws(Errno) {
            // Not attributes, which the kernel may know by heart.
            _ = try descriptor.withRawValue(FileCalls.fileSystem(of:))
        } catch {
            return !Self.isOfADeadMount(error)
        }
        noteAnswer()
        return true
    }

    /// Something was done by way of the mount that is used.
    func noteAnswer() {
        state.withLock { $0.disconnectedSince = nil }
    }

    private static func isOfADeadMount(_ error: Errno) -> Bool {
        error == .notConnected || error == .stale || error == .connectionAborted
    }

    /// A call said that the mount is dead: looks whether it is back. Blocks, so it is for lanes; not more often than
    /// once per ``attemptInterval``.
    ///
    /// - Returns: whether there is another root now.
    func revive() -> Bool {
        let now = clock.monotonic
        let isDue = state.withLock { state -> Bool in
            if state.disconnectedSince == nil { state.disconnectedSince = now }
            if let last = state.lastAttempt, now - last < Self.attemptInterval { return false }
            state.lastAttempt = now
            return true
        }
        guard isDue, let mount, let found = Self.mount(at: path),
            found.mountPoint == mount.mountPoint, found.source == mount.source,
            found.fileSystemType == mount.fileSystemType,
            let fresh = try? FileCalls.open(path, [.pathOnly, .directory])
        else { return false }
        let reference = DescriptorReference(fresh)
        // A dead mount may still be in its place.
        guard (try? reference.withRawValue(FileCalls.fileSystem(of:))) != nil else { return false }
        // And one that was just being taken away has left the folder below it to be opened.
        guard Self.mount(at: path) == found else { return false }
        state.withLock { state in
            state.descriptor = reference
            state.disconnectedSince = nil
        }
        return true
    }

    private static func mount(at path: String) -> MountTable.Entry? {
        (try? MountTable.current())?.entry(containing: Array(path.utf8))
    }
}
