public import Model
public import Platform

import Synchronization

/// POSIX record locks of a mount's users, taken on the directory below so that everybody who uses that sees them.
///
/// A process that has files open is an owner, as the kernel numbers them. Each owner of locks on a file has a
/// descriptor of its own there, whose locks (`F_OFD_SETLK`) are independent of every other's and go when it is
/// closed. What is granted is remembered too, to say whose lock is in the way (the kernel cannot tell for such
/// locks) and to take one back.
///
/// Threads: any. What is said to block asks the file system below. Bounded by the files that the kernel has open.
public final class RecordLocks: Sendable {
    fileprivate struct Key: Hashable, Sendable {
        var node: UInt64
        var owner: UInt64
    }

    private struct Holding: Sendable {
        var descriptor: DescriptorReference
        var processID: Int32
        var granted = GrantedRanges()
        /// Through which open files it was asked for; they end it too.
        var handles: Set<UInt64> = []
    }

    /// Takes one lock back: see ``RecordLocks/undo(_:)``.
    public struct Undo: Sendable {
        fileprivate var key: Key
        fileprivate var before: [GrantedRanges.Piece]
    }

    /// What ``RecordLocks/set(_:node:owner:handle:open:)`` did.
    public struct Granted: Sendable {
        /// On which the lock is held.
        public var descriptor: DescriptorReference
        public var undo: Undo
    }

    private struct Table: Sendable {
        private(set) var holdings: [Key: Holding] = [:]
        /// Who has asked through an open file.
        private(set) var owners: [UInt64: Set<Key>] = [:]

        subscript(key: Key) -> Holding? {
            get { holdings[key] }
            set {
                let (before, after) = (holdings[key]?.handles ?? [], newValue?.handles ?? [])
                holdings[key] = newValue
                for handle in after.subtracting(before) { owners[handle, default: []].insert(key) }
                for handle in before.subtracting(after) {
                    owners[handle]?.remove(key)
                    if owners[handle]?.isEmpty == true { owners[handle] = nil }
                }
            }
        }

        mutating func remove(_ key: Key) -> Holding? {
            defer { self[key] = nil }
            return self[key]
        }
    }

    private let table = Mutex(Table())

    public init() {}

    // MARK: - Asking

    /// Whether the owner may have locks on the file, so that something is to be done when it closes it.
    public func holds(node: UInt64, owner: UInt64) -> Bool {
        table.withLock { $0[Key(node: node, owner: owner)] != nil }
    }

    /// Whether locks were asked for through an open file that are not known to be gone.
    public func holds(handle: UInt64) -> Bool {
        table.withLock { $0.owners[handle] != nil }
    }

    // MARK: - Taking

    /// Takes or releases a lock, without waiting for whoever has it. Blocks.
    ///
    /// - Parameters:
    ///   - handle: the open file through which it is asked for.
    ///   - open: a descriptor of the file with an open file description of its own, for both kinds of lock where
    ///     the file allows that: what begins as a lock for reading may be made one for writing.
    /// - Returns: nil when there was nothing to release.
    /// - Throws: `EAGAIN` when another owner's lock is in the way; `EBADF` when the owner has closed the file
    ///   meanwhile; else what `open` and `fcntl(2)` gave.
    @discardableResult
    public func set(
        _ lock: FuseLock, node: UInt64, owner: UInt64, handle: UInt64,
        open: () throws(Errno) -> DescriptorReference
    ) throws(Errno) -> Granted? {
        let key = Key(node: node, owner: owner)
        if lock.kind == .unlock, !holds(node: node, owner: owner) { return nil }
        let descriptor = try descriptor(key, lock.processID, handle, open)
        try descriptor.withRawValue { (raw) throws(Errno) in
            do throws(Errno) {
                try FileCalls.setLock(raw, RecordLock(lock))
            } catch .accessDenied {
                // What POSIX allows a file system to say in place of EAGAIN, and SMB does.
                throw .again
            }
        }
        let before = table.withLock { table -> [GrantedRanges.Piece]? in
            guard var holding = table[key], holding.descriptor === descriptor else { return nil }
            let before = holding.granted.state(in: lock.range)
            holding.granted.set(lock)
            if lock.kind != .unlock { holding.processID = lock.processID }
            table[key] = holding
            return before
        }
        // The lock goes with the descriptor, which nobody has any more.
        guard let before else { throw .badDescriptor }
        return Granted(descriptor: descriptor, undo: Undo(key: key, before: before))
    }

    /// The owner's descriptor: known, or opened and entered before anything is locked on it, so that two first
    /// locks of one owner share it.
    private func descriptor(
        _ key: Key, _ processID: Int32, _ handle: UInt64,
        _ open: () throws(Errno) -> DescriptorReference
    ) throws(Errno) -> DescriptorReference {
        if let known = known(key, handle) { return known }
        let fresh = try open()
        return table.withLock { table in
            var holding = table[key] ?? Holding(descriptor: fresh, processID: processID)
            holding.handles.insert(handle)
            table[key] = holding
            return holding.descriptor
        }
    }

    private func known(_ key: Key, _ handle: UInt64) -> DescriptorReference? {
        table.withLock { table in
            guard var holding = table[key] else { return nil }
            if holding.handles.insert(handle).inserted { table[key] = holding }
            return holding.descriptor
        }
    }

    /// Takes back a lock that was granted when its caller had just gone: what the owner had before stays. Blocks.
    public func undo(_ undo: Undo) throws(Errno) {
        let known = table.withLock { $0[undo.key] }
        guard let known else { return }
        for piece in undo.before {
            let lock = FuseLock(piece, processID: known.processID)
            try known.descriptor.withRawValue { (raw) throws(Errno) in
                try FileCalls.setLock(raw, RecordLock(lock))
            }
            table.withLock { $0[undo.key]?.granted.set(lock) }
        }
        // Asked for through an open file that may be gone by now: nobody else would clear it away.
        let dropped = table.withLock { table in
            table[undo.key]?.granted.isEmpty == true ? table.remove(undo.key) : nil
        }
        withExtendedLifetime(dropped) {}
    }

    // MARK: - Looking

    /// A lock that is in the way of `lock`. Blocks.
    ///
    /// - Parameter open: as for ``set(_:node:owner:handle:open:)``; let go of at the end.
    /// - Returns: nil if there is none. Its process is -1 where it is outside of this mount and not known.
    public func conflict(
        with lock: FuseLock, node: UInt64, owner: UInt64,
        open: () throws(Errno) -> DescriptorReference
    ) throws(Errno) -> FuseLock? {
        let known = table.withLock { $0[Key(node: node, owner: owner)]?.descriptor }
        let descriptor = if let known { known } else { try open() }
        let found = try descriptor.withRawValue { (raw) throws(Errno) in
            try FileCalls.conflictingLock(raw, RecordLock(lock))
        }
        guard let found else { return nil }
        var answer = FuseLock(
            kind: found.lock.kind == .read ? .read : .write, start: found.lock.start,
            length: found.lock.length, processID: found.processID > 0 ? found.processID : -1)
        let holder = table.withLock { table in
            table.holdings.first {
                $0.key.node == node && $0.key.owner != owner
                    && $0.value.granted.overlaps(answer.range)
            }?.value.processID
        }
        if let holder { answer.processID = holder }
        return answer
    }

    // MARK: - Letting go

    /// A process closed one of its descriptors of the file: all its locks there go. Blocks.
    public func release(node: UInt64, owner: UInt64) {
        let dropped = table.withLock { $0.remove(Key(node: node, owner: owner)) }
        if let dropped { Self.unlock(dropped) }
    }

    /// An open file is gone, and with it what was locked through it: also by callers whose locks are the open
    /// file's (`F_OFD_SETLK`), of whom the kernel says nothing else. Blocks.
    public func release(handle: UInt64) {
        let dropped = table.withLock { table -> [Holding] in
            (table.owners[handle] ?? []).compactMap { table.remove($0) }
        }
        for holding in dropped { Self.unlock(holding) }
    }

    /// Closing would do it as well, but not at once where what lies below is FUSE too: it learns of a closed
    /// descriptor when nobody waits any more.
    private static func unlock(_ holding: Holding) {
        guard !holding.granted.isEmpty else { return }
        holding.descriptor.withRawValue { raw in
            try? FileCalls.setLock(raw, RecordLock(kind: .unlock, start: 0, length: 0))
        }
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
