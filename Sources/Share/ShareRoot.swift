import Model
import Platform
import Synchronization

/// The share's root, from which every path is walked; found again when its mount died and came back, and found at all where it
/// was not there at the start.
///
/// A descriptor of a mount that is gone (`sshfs` killed, a forced unmount) answers `ENOTCONN` or `ESTALE` for good. Only
/// a mount of the same type and source at the same place is taken for the share's return: the folder that lies under a
/// mountpoint, mostly an empty one, is not a share whose files are gone.
final class ShareRoot: Sendable {
    private struct State: Sendable {
        /// nil: the share has not been there since the start.
        var descriptor: DescriptorReference?
        /// To which mount it leads.
        var mountInUse: MountTable.Entry?
        var lastAttempt: Duration?
        /// When an automounter was last asked for the share.
        var lastCall: Duration?
        /// Since when the mount is gone.
        var disconnectedSince: Duration?
        var absence: ShareAbsence?
        /// What probes are asking at the moment, some of them for ever.
        var asked: [MountTable.Entry?] = []
        /// What was refused last.
        var refused: MountTable.Entry?
        var observer: (@Sendable (ShareEvent?) -> Void)?
    }

    /// Between two looks for the mount's return.
    private static let attemptInterval = Duration.seconds(1)
    /// Between two looks that start a mount: systemd gives an automount up that was started five times within 10 s.
    static let callInterval = Duration.seconds(10)
    /// Threads that probes may leave in the kernel: one for each mount that was met.
    static let askedMax = 4

    private let path: String
    /// What is mounted where the share lies; nil where that cannot be told, and then nothing is taken for its return.
    let mount: MountTable.Entry?
    /// Of a share that was not there at the start: what its root was.
    private let expected: FileAttributes?
    private let clock: any LarderClock
    private let table: @Sendable () -> MountTable?
    /// What lies on other file systems than the root.
    let nested: NestedFileSystems
    private let state: Mutex<State>

    /// Blocks; throws what `open(2)` gave, or `EAGAIN` where mounts come and go.
    init(
        path: String, clock: any LarderClock,
        table: @escaping @Sendable () -> MountTable? = { try? MountTable.current() }
    ) throws(Errno) {
        self.path = path
        self.clock = clock
        self.table = table
        nested = NestedFileSystems(below: path)
        expected = nil
        var before = Self.mount(at: path, table())
        for _ in 0..<3 {
            let opened = DescriptorReference(try FileCalls.open(path, [.pathOnly, .directory]))
            // What was just being taken away has left the folder below it to be opened.
            let after = Self.mount(at: path, table())
            if after == before, after?.isMountTrigger != true {
                mount = before
                state = Mutex(State(descriptor: opened, mountInUse: before))
                return
            }
            before = after
        }
        throw .again
    }

    /// A share that is not there. Does not block.
    init(
        absent known: KnownShare, reason: String, clock: any LarderClock,
        table: @escaping @Sendable () -> MountTable? = { try? MountTable.current() }
    ) {
        path = known.path
        mount = known.mount
        expected = known.root
        nested = NestedFileSystems(below: known.path)
        self.clock = clock
        self.table = table
        state = Mutex(State(absence: ShareAbsence(reason: reason, since: clock.monotonic)))
    }

    /// - Throws: `ETIMEDOUT` before the share was there.
    var descriptor: DescriptorReference {
        get throws(Errno) {
            guard let found = state.withLock({ $0.descriptor }) else { throw .timedOut }
            return found
        }
    }

    var disconnectedSince: Duration? { state.withLock { $0.disconnectedSince } }
    var absence: ShareAbsence? { state.withLock { $0.absence } }

    /// - Parameter observer: called on whatever thread finds it out; nil: there is another root than before.
    func observe(_ observer: @escaping @Sendable (ShareEvent?) -> Void) {
        state.withLock { $0.observer = observer }
    }

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
        return isDue && arrive(place)
    }

    /// Asks the share for a sign of life: by the mount that is used, or by one that has come in its place. Blocks, perhaps for
    /// good; each mount is asked by one thread at a time, so that one that is dead costs one thread.
    ///
    /// - Throws: `EAGAIN` where nothing can be asked, what the share's client gave otherwise.
    func probe() throws(Errno) {
        let place = place
        let isAllowed = state.withLock { state in
            guard state.asked.count < Self.askedMax, !state.asked.contains(place) else {
                return false
            }
            state.asked.append(place)
            return true
        }
        guard isAllowed else { throw .again }
        defer {
            state.withLock { state in
                state.asked.firstIndex(of: place).map { _ = state.asked.remove(at: $0) }
            }
        }
        guard let used = used(unlessReplacedBy: place) else {
            guard arrive(place) else { throw .again }
            return
        }
        do throws(Errno) {
            _ = try used.withRawValue(FileCalls.fileSystem(of:))
            noteAnswer()
        } catch {
            guard Self.isOfADeadMount(error), arrive(place) else { throw error }
        }
    }

    /// nil where there is none, or where the share was mounted anew: the mount that is used may have been taken out of the
    /// tree because it hangs.
    private func used(unlessReplacedBy place: MountTable.Entry?) -> DescriptorReference? {
        state.withLock { state in
            guard let place, let mount, let inUse = state.mountInUse,
                place.device != inUse.device, KnownShare.place(place, of: mount) == .itself
            else { return state.descriptor }
            return nil
        }
    }

    /// Takes what is at the share's place for its root, if it is the share.
    private func arrive(_ place: MountTable.Entry?) -> Bool {
        guard let mount, var found = place else { return false }
        if found.isAutomountPoint {
            guard isCallDue() else { return false }
            _ = try? FileCalls.open(path, [.pathOnly, .directory])
            guard let brought = self.place else { return false }
            found = brought
        }
        switch KnownShare.place(found, of: mount) {
        case .itself where Self.isAlike(found, mount): break
        case .itself, .another:
            refuse(found)
            return false
        case .nothing:
            state.withLock { state in
                state.refused = nil
                state.absence?.other = nil
            }
            return false
        }
        guard let fresh = try? FileCalls.open(path, [.pathOnly, .directory]) else { return false }
        let reference = DescriptorReference(fresh)
        // A dead mount may still be in its place.
        guard (try? reference.withRawValue(FileCalls.fileSystem(of:))) != nil,
            let root = try? reference.withRawValue(FileCalls.attributes(of:)),
            isAsItWas(reference, root)
        else { return false }
        // And one that was just being taken away has left the folder below it to be opened.
        guard self.place == found else { return false }
        nested.setRoot(root.device)
        let (observer, wasAbsent) = state.withLock { state in
            defer {
                state.descriptor = reference
                state.mountInUse = found
                state.disconnectedSince = nil
                state.absence = nil
                state.refused = nil
            }
            return (state.observer, state.absence != nil)
        }
        observer?(wasAbsent ? .arrived : nil)
        return true
    }

    private func isCallDue() -> Bool {
        let now = clock.monotonic
        return state.withLock { state in
            if let last = state.lastCall, now - last < Self.callInterval { return false }
            state.lastCall = now
            return true
        }
    }

    private func refuse(_ found: MountTable.Entry) {
        let observer = state.withLock { state -> (@Sendable (ShareEvent?) -> Void)? in
            state.absence?.other = found
            guard state.refused != found else { return nil }
            state.refused = found
            return state.observer
        }
        observer?(.other(found))
    }

    /// Whether what was relied on from the start holds of another mount: its options count as well.
    private static func isAlike(_ one: MountTable.Entry, _ other: MountTable.Entry) -> Bool {
        ShareNature(one) == ShareNature(other) && AttributeNature(one) == AttributeNature(other)
    }

    /// A share that was never a mountpoint is told by its folder, where its file system lets that be told: an empty one that
    /// was made in its place is not a share whose files are gone.
    private func isAsItWas(_ root: DescriptorReference, _ found: FileAttributes) -> Bool {
        guard let expected, let mount, mount.mountPoint != Array(path.utf8),
            ShareNature(mount).inodesLast
        else { return true }
        return found.inode == expected.inode || !Self.isEmpty(root)
    }

    private static func isEmpty(_ folder: DescriptorReference) -> Bool {
        do throws(Errno) {
            defer { withExtendedLifetime(folder) {} }
            var reader = DirectoryReader(
                try FileCalls.reopen(folder.rawValue, [.readOnly, .directory]))
            return try reader.isAtEnd()
        } catch {
            return true
        }
    }

    private var place: MountTable.Entry? { Self.mount(at: path, table()) }

    private static func mount(at path: String, _ table: MountTable?) -> MountTable.Entry? {
        table?.entry(containing: Array(path.utf8))
    }
}
