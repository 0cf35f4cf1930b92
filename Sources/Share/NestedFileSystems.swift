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
    private struct State: Sendable {
        /// By device, as long as nothing is mounted or unmounted: the kernel gives device numbers again.
        var numbers: [UInt64: UInt64] = [:]
        /// Of the share's mounts until now, the last one last.
        var roots: [UInt64] = []
    }

    private static let numbersMax = 4096
    private static let rootsMax = 16

    private let root: [UInt8]
    private let table: @Sendable () -> MountTable?
    private let hasChanged: @Sendable () -> Bool
    private let rootDevice = Atomic<UInt64>(0)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - root: the share's path.
    ///   - hasChanged: whether the table may be another than at the last call; called by one thread at a time.
    init(
        below root: String, table: @escaping @Sendable () -> MountTable?,
        hasChanged: @escaping @Sendable () -> Bool
    ) {
        self.root = Array(root.utf8)
        self.table = table
        self.hasChanged = hasChanged
    }

    /// The share is on this device from now on, before anything is asked by way of it.
    func setRoot(_ device: UInt64) {
        state.withLock { state in
            state.roots = (state.roots.filter { $0 != device } + [device]).suffix(Self.rootsMax)
            state.numbers = [:]
        }
        rootDevice.store(device, ordering: .releasing)
    }

    /// What the share's file system said of a file, with numbers that hold in the whole share: in place of the device that of the
    /// file system (``number(of:)``), and an inode number that no file of another has.
    func place(_ found: FileAttributes) -> FileAttributes {
        guard found.device != rootDevice.load(ordering: .acquiring) else {
            var found = found
            found.device = 0
            return found
        }
        let number = number(of: found.device)
        var placed = found
        placed.device = number
        placed.inode ^= number
        return placed
    }

    /// Of a device below the share's root: 0 for the share's own file system, and else a number that is the same whenever this
    /// one is mounted in the same place, or has the same device where it is no mount.
    func number(of device: UInt64) -> UInt64 {
        state.withLock { state in
            if hasChanged() || state.numbers.count >= Self.numbersMax {
                state.numbers = [:]
            }
            if let known = state.numbers[device] { return known }
            let number = find(device, state.roots)
            state.numbers[device] = number
            return number
        }
    }

    private func find(_ device: UInt64, _ roots: [UInt64]) -> UInt64 {
        if device == roots.last { return 0 }
        let name = MountTable.name(ofDevice: device)
        let places = (table()?.entries ?? []).filter {
            $0.device == name && $0.mountPoint != root
                && MountTable.isPrefix(root, of: $0.mountPoint)
        }
        let place = places.map { $0.mountPoint.dropFirst(root.count) }
            .min { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count < $1.count }
        guard let place else {
            // What was asked of the share's mount before this one may answer yet.
            return roots.contains(device) ? 0 : Self.mask(XXH3.hash64(words: device, 0))
        }
        return Self.mask(XXH3.hash64(Array(place)))
    }

    /// Positive in a signed number, for programs that store it in one.
    private static func mask(_ hash: UInt64) -> UInt64 { max(1, hash & 0x7FFF_FFFF_FFFF_FFFF) }
}
