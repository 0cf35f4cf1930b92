import Model
import Platform
import Synchronization

/// The file systems that lie below the share's root beside its own: mounts, folders of an NFS server that are file systems there,
/// subvolumes. Each numbers its files for itself, and a view shows all as one.
///
/// Programs take two files with one number for one file: `tar` and `rsync -H` would store the first one's bytes for both, and
/// `find` and `du` would leave out a folder that has the number of one above it. So the numbers of another file system
/// than the root's are moved, all by the same: two files of one have two numbers still, and with those of another they
/// meet by chance alone.
final class NestedFileSystems: Sendable {
    /// Where something lies that was found, by what the kernel says of it.
    struct Origin {
        /// See ``FileCalls/listedMount(at:_:)``.
        var mount: UInt64?
        /// `f_fsid` (statfs(2)); asked where the device alone does not last.
        var fileSystemID: () -> UInt64? = { nil }
    }

    private struct Known: Sendable {
        var number: UInt64
        var isAutomount: Bool
        /// Of the mount table, as of which that holds: the kernel gives device numbers again.
        var version: UInt64 = 0

        init(_ number: UInt64, isAutomount: Bool = false) {
            self.number = number
            self.isAutomount = isAutomount
        }
    }

    private struct State: Sendable {
        var version: UInt64 = 0
        /// By device.
        var numbers: [UInt64: Known] = [:]
        /// Devices of the share's mounts until now, the last one last.
        var roots: [UInt64] = []
    }

    private static let numbersMax = 4096
    private static let rootsMax = 16

    private let root: [UInt8]
    private let table: @Sendable () -> [UInt8]?
    private let hasChanged: @Sendable () -> Bool
    private let rootDevice = Atomic<UInt64>(0)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - root: the share's path, canonical.
    ///   - table: text of `/proc/self/mountinfo`.
    ///   - hasChanged: whether that may be another than at the last call; called by one thread at a time.
    init(
        below root: String,
        table: @escaping @Sendable () -> [UInt8]? = { try? FileContents.read(MountTable.path) },
        hasChanged: @escaping @Sendable () -> Bool = MountTableWatch().hasChanged
    ) {
        self.root = Array(root.utf8)
        self.table = table
        self.hasChanged = hasChanged
    }

    /// The share is on this device from now on, before anything is asked by way of it.
    func setRoot(_ device: UInt64) {
        state.withLock { state in
            state.roots = (state.roots.filter { $0 != device } + [device]).suffix(Self.rootsMax)
            state.version += 1
        }
        rootDevice.store(device, ordering: .releasing)
    }

    /// What the share's file system said of a file, with numbers that hold in the whole share: in place of the device that of the
    /// file system, 0 for the root's, and an inode number that no file of another has.
    ///
    /// - Parameter origin: of what was found; asked for where its device is new.
    func place(_ found: FileAttributes, _ origin: () -> Origin) -> FileAttributes {
        var placed = found
        placed.device = 0
        guard found.device != rootDevice.load(ordering: .acquiring) else { return placed }
        placed.device = known(found.device, origin).number
        placed.inode ^= placed.device
        return placed
    }

    /// Whether what lies on a device are folders in whose places autofs has others mounted, as soon as somebody looks into them.
    ///
    /// - Parameter origin: of what was found; asked for where its device is new.
    func isAutomount(_ device: UInt64, _ origin: () -> Origin) -> Bool {
        device != rootDevice.load(ordering: .acquiring) && known(device, origin).isAutomount
    }

    private func known(_ device: UInt64, _ origin: () -> Origin) -> Known {
        let (before, version, roots) = state.withLock { state in
            if hasChanged() { state.version += 1 }
            return (state.numbers[device], state.version, state.roots)
        }
        if let before, before.version == version { return before }
        // What is mounted nowhere any more, and somebody has open, stays what it was.
        var known = find(device, origin(), roots) ?? before ?? Known(Self.mask(device, 0))
        known.version = version
        state.withLock { state in
            if state.numbers.count >= Self.numbersMax, state.numbers[device] == nil {
                state.numbers = state.numbers.filter { $0.value.version == state.version }
                if state.numbers.count >= Self.numbersMax { state.numbers = [:] }
            }
            state.numbers[device] = known
        }
        return known
    }

    /// Of a device below the share's root: the number 0 for the share's own file system, and else one that is the same whenever
    /// this one is mounted in the same place.
    ///
    /// - Returns: nil where its mount is not in the table.
    private func find(_ device: UInt64, _ origin: Origin, _ roots: [UInt64]) -> Known? {
        if device == roots.last { return Known(0) }
        guard let id = origin.mount, let text = table(),
            let mount = MountTable.entry(ofMount: id, in: text)
        else { return roots.contains(device) ? Known(0) : nil }
        let isBelow = mount.mountPoint != root && MountTable.isPrefix(root, of: mount.mountPoint)
        let place = isBelow ? Array(mount.mountPoint.dropFirst(root.count)) : []
        let isMountsOwn = MountTable.name(ofDevice: device) == mount.device
        // Of the mount before, which may answer yet.
        if !isBelow, isMountsOwn, roots.contains(device) { return Known(0) }
        guard !isMountsOwn else {
            return Known(Self.mask(XXH3.hash64(place), 0), isAutomount: mount.isAutomountPoint)
        }
        // Within one mount: btrfs gives each subvolume a device, by the order of their use, and an identity that lasts.
        let part = mount.fileSystemType == "btrfs" ? origin.fileSystemID() : nil
        return Known(Self.mask(XXH3.hash64(place), part ?? device))
    }

    /// Positive in a signed number, for programs that store it in one, and never 0.
    private static func mask(_ place: UInt64, _ part: UInt64) -> UInt64 {
        max(1, XXH3.hash64(words: place, part) & 0x7FFF_FFFF_FFFF_FFFF)
    }
}
