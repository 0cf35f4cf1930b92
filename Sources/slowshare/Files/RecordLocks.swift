import Fuse
import Model
import Platform
import Synchronization

/// POSIX record locks of clients, taken on the share so that everybody who uses it sees them.
///
/// A client's process is an owner. Each owner of locks on a file has a descriptor of its own there, whose locks
/// (`F_OFD_SETLK`) are independent of every other's and go when it is closed. What is granted is remembered too,
/// to say whose lock is in the way: the kernel cannot tell for such locks.
final class RecordLocks: Sendable {
    private struct Key: Hashable, Sendable {
        var node: UInt64
        var owner: UInt64
    }

    private struct Holding: Sendable {
        var descriptor: DescriptorReference
        var processID: Int32
        var granted = GrantedRanges()
    }

    private let holdings = Mutex<[Key: Holding]>([:])

    /// Takes or releases a lock, without waiting.
    ///
    /// - Parameter file: an `O_PATH` descriptor.
    /// - Throws: `EAGAIN` when another owner's lock is in the way.
    func set(_ lock: FuseLock, node: UInt64, owner: UInt64, file: Int32) throws(Errno) {
        let key = Key(node: node, owner: owner)
        let known = holdings.withLock { $0[key]?.descriptor }
        if known == nil, lock.kind == .unlock { return }
        let descriptor = if let known { known } else { try Self.open(file) }
        try FileCalls.setLock(descriptor.rawValue, RecordLock(lock))
        holdings.withLock { holdings in
            var holding =
                holdings[key] ?? Holding(descriptor: descriptor, processID: lock.processID)
            holding.granted.set(lock)
            holdings[key] = holding
        }
    }

    /// - Returns: a lock that is in the way; nil if there is none.
    func conflict(
        with lock: FuseLock, node: UInt64, owner: UInt64, file: Int32
    ) throws(Errno) -> FuseLock? {
        let known = holdings.withLock { $0[Key(node: node, owner: owner)]?.descriptor }
        let descriptor = if let known { known } else { try Self.open(file) }
        guard
            let found = try FileCalls.conflictingLock(descriptor.rawValue, RecordLock(lock))
        else { return nil }
        let holder = holdings.withLock { holdings in
            holdings.first {
                $0.key.node == node && $0.key.owner != owner
                    && $0.value.granted.overlap(start: found.start, length: found.length)
            }?.value.processID
        }
        return FuseLock(
            kind: found.kind == .read ? .read : .write, start: found.start, length: found.length,
            // As the kernel answers where it does not know: somebody outside of this mount.
            processID: holder ?? -1)
    }

    /// A process closed one of its descriptors of the file.
    func releaseAll(node: UInt64, owner: UInt64) {
        let dropped = holdings.withLock { $0.removeValue(forKey: Key(node: node, owner: owner)) }
        // Closed here, outside of the lock.
        _ = dropped
    }

    /// For both kinds of lock where the file lets us.
    private static func open(_ file: Int32) throws(Errno) -> DescriptorReference {
        if let both = try? FileCalls.reopen(file, .readWrite) { return DescriptorReference(both) }
        return DescriptorReference(try FileCalls.reopen(file, .readOnly))
    }
}

extension RecordLock {
    fileprivate init(_ lock: FuseLock) {
        let kind: Kind =
            switch lock.kind {
            case .read: .read
            case .write: .write
            case .unlock: .unlock
            }
        self.init(kind: kind, start: lock.start, length: lock.length)
    }
}
