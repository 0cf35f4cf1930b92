public import Fuse

import Glibc
import Model
import Platform
import Share
import Synchronization
import Tiers

/// Locks, all of them the share's: who uses it by another way, or another view of it, sees them.
///
/// Nothing here waits: who waits for a lock asks again from a timer (``WaitingLocks``), and each question is one
/// call on a lane.
extension ViewFileSystem {
    /// A lock that was had on the share, before its caller knows.
    private struct Taken: Sendable {
        /// Of the file, asked with the lock held.
        var attributes: FileAttributes?
        /// Blocks: on a lane only.
        var undo: @Sendable () throws(Errno) -> Void

        init(
            _ lane: ShareLane, _ descriptor: DescriptorReference?,
            undo: @escaping @Sendable () throws(Errno) -> Void
        ) {
            attributes = descriptor.flatMap { try? lane.attributes(ofOpen: $0) }
            self.undo = undo
        }
    }

    private struct Wanted: Sendable {
        var request: FuseRequest
        var node: NodeID
        var waits: Bool
        /// Tries once, on a lane.
        var take: @Sendable (ShareLane) throws(Errno) -> Taken
    }

    // MARK: - fcntl(2)

    public func getLock(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, lock: FuseLock
    ) {
        let id = NodeID(raw: node)
        guard let authority = authorityToOpen(request) else { return }
        share.change { [self] (lane) throws(Errno) -> FuseLock? in
            try locks.conflict(with: lock, node: node, owner: owner) { () throws(Errno) in
                try openForRecordLocks(lane, id, handle, lock.kind, authority)
            }
        } completion: { result in
            switch result {
            case .success(let found):
                var none = lock
                none.kind = .unlock
                request.reply(lock: found ?? none)
            case .failure(let errno): request.reply(error: errno.ofLocks)
            }
        }
        request.endsWhenCallerIsKilled()
    }

    public func setLock(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, lock: FuseLock,
        wait: Bool
    ) {
        let id = NodeID(raw: node)
        guard lock.kind != .unlock else {
            unlock(request, id, isHeld: locks.holds(node: node, owner: owner)) {
                [locks] () throws(Errno) in
                try locks.set(lock, node: node, owner: owner, handle: handle) {
                    () throws(Errno) in throw .badDescriptor
                }
            }
            return
        }
        guard let authority = authorityToOpen(request) else { return }
        acquire(request, id, waits: wait) { [self] (lane) throws(Errno) -> Taken in
            let granted = try locks.set(lock, node: node, owner: owner, handle: handle) {
                () throws(Errno) in
                try openForRecordLocks(lane, id, handle, lock.kind, authority)
            }
            return Taken(lane, granted?.descriptor) { [locks] () throws(Errno) in
                if let granted { try locks.undo(granted.undo) }
            }
        }
    }

    /// For both kinds where the share grants it: a lock for reading may become one for writing.
    private func openForRecordLocks(
        _ lane: ShareLane, _ id: NodeID, _ handle: UInt64, _ kind: FuseLock.Kind,
        _ authority: Authority
    ) throws(Errno) -> DescriptorReference {
        let modes: [OpenFlags] =
            configuration.isReadOnly
            ? [.readOnly] : [.readWrite, kind == .write ? .writeOnly : .readOnly]
        let open = namespace.openFiles[handle] ?? namespace.openFiles.handle(of: id)
        return try openApart(lane, id, open, modes, authority)
    }

    private func openApart(
        _ lane: ShareLane, _ id: NodeID, _ open: ShareHandle?, _ modes: [OpenFlags],
        _ authority: Authority
    ) throws(Errno) -> DescriptorReference {
        let (location, source) = (nodes.location(of: id), nodes.source(of: id))
        do throws(Errno) {
            return try lane.openApart(open, source, location, modes: modes, for: authority)
        } catch .accessDenied {
            // The file lets its user lock it, but the daemon is somebody else.
            throw .noLocks
        }
    }

    // MARK: - flock(2)

    public func lockFile(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, operation: Int32
    ) {
        let id = NodeID(raw: node)
        let kind = operation & ~LOCK_NB
        guard kind != LOCK_UN else {
            unlock(request, id, isHeld: fileLocks.holds(handle)) { [fileLocks] () throws(Errno) in
                _ = try fileLocks.set(LOCK_UN, handle) { () throws(Errno) in throw .badDescriptor }
            }
            return
        }
        guard let authority = authorityToOpen(request) else { return }
        acquire(request, id, waits: operation & LOCK_NB == 0) {
            [self] (lane) throws(Errno) -> Taken in
            let (descriptor, undo) = try fileLocks.set(kind, handle) { () throws(Errno) in
                // NFS asks of a lock what the descriptor may do.
                let own = namespace.openFiles[handle]
                return try openApart(
                    lane, id, own ?? namespace.openFiles.handle(of: id),
                    [own?.flags.accessMode ?? .readOnly], authority)
            }
            return Taken(lane, descriptor) { [fileLocks] () throws(Errno) in
                try fileLocks.undo(undo)
            }
        }
    }

    // MARK: - Taking

    private func acquire(
        _ request: FuseRequest, _ id: NodeID, waits: Bool,
        _ take: @escaping @Sendable (ShareLane) throws(Errno) -> Taken
    ) {
        attempt(Wanted(request: request, node: id, waits: waits, take: take), pause: nil)
        if waits {
            // Any signal ends the wait; the kernel begins anew where the program asked for that.
            request.onInterrupt { [weak request] in request?.reply(error: .interrupted) }
        } else {
            request.endsWhenCallerIsKilled()
        }
    }

    /// What became of an attempt: its caller may be told `ETIMEDOUT` while it still runs.
    private enum Outcome: Sendable {
        case open
        case granted(Taken)
        case abandoned
    }

    private func attempt(_ wanted: Wanted, pause: Duration?) {
        let request = wanted.request
        let outcome = Mutexed(Outcome.open)
        let question = nodes.ask(of: wanted.node)
        share.change { (lane) throws(Errno) -> Taken in
            guard !request.isAnswered else { throw .interrupted }
            let taken = try wanted.take(lane)
            let isWanted = outcome.withLock { outcome in
                guard case .open = outcome else { return false }
                outcome = .granted(taken)
                return true
            }
            guard isWanted else {
                try taken.undo()
                throw .interrupted
            }
            return taken
        } completion: { [self] result in
            switch result {
            case .success(let taken):
                nodes.lockTaken(wanted.node, taken.attributes, question) { [self] in
                    if !request.reply(error: nil) { giveBack(taken, wanted.node) }
                }
            case .failure(let errno):
                nodes.giveUp(question)
                let taken = outcome.withLock { outcome -> Taken? in
                    defer { outcome = .abandoned }
                    if case .granted(let taken) = outcome { return taken }
                    return nil
                }
                if let taken { giveBack(taken, wanted.node) }
                guard errno == .again, wanted.waits else {
                    request.reply(error: errno.ofLocks)
                    return
                }
                guard !request.isAnswered else { return }
                let pause = WaitingLocks.pause(after: pause)
                waitingLocks.add(wanted.node, after: pause) { [self] in
                    if !request.isAnswered { attempt(wanted, pause: pause) }
                }
            }
        }
    }

    /// Nobody knows of this lock: it must not stay.
    private func giveBack(_ taken: Taken, _ id: NodeID) {
        share.change { (_) throws(Errno) in
            try taken.undo()
        } completion: { [self] result in
            switch result {
            case .success: waitingLocks.wake(id)
            case .failure:
                waitingLocks.add(id, after: Self.releaseInterval) { [self] in
                    giveBack(taken, id)
                }
            }
        }
    }

    // MARK: - Releasing

    /// Between two attempts to release what a share that does not answer holds.
    private static var releaseInterval: Duration { .seconds(1) }

    private func unlock(
        _ request: FuseRequest, _ id: NodeID, isHeld: Bool,
        _ work: @escaping @Sendable () throws(Errno) -> Void
    ) {
        guard isHeld else {
            request.reply(error: nil)
            return
        }
        share.change { (_) throws(Errno) in
            try work()
        } completion: { [self] result in
            waitingLocks.wake(id)
            switch result {
            case .success: request.reply(error: nil)
            case .failure(let errno): request.reply(error: errno.ofLocks)
            }
        }
        request.endsWhenCallerIsKilled()
    }

    /// A descriptor of the owner's was closed. `then` is called when its locks are gone, at once if it has none.
    func releaseLocks(
        of owner: UInt64, _ id: NodeID, then: @escaping @Sendable () -> Void
    ) {
        guard locks.holds(node: id.raw, owner: owner) else { return then() }
        release(id, { [locks] in locks.release(node: id.raw, owner: owner) }, then: then)
    }

    /// The open file itself is gone.
    func releaseLocks(through handle: UInt64, _ id: NodeID) {
        guard locks.holds(handle: handle) || fileLocks.holds(handle) else { return }
        release(id) { [locks, fileLocks] in
            locks.release(handle: handle)
            fileLocks.release(handle)
        }
    }

    /// - Parameter work: may run twice.
    private func release(
        _ id: NodeID, _ work: @escaping @Sendable () -> Void,
        then: @escaping @Sendable () -> Void = {}
    ) {
        share.change { (_) throws(Errno) in
            work()
        } completion: { [self] result in
            waitingLocks.wake(id)
            then()
            guard case .failure = result else { return }
            // It cannot be told now. Nobody waits for it, but somebody may for the lock.
            waitingLocks.add(id, after: Self.releaseInterval) { [self] in release(id, work) }
        }
    }
}

extension KnownNodes {
    /// Enters what a lock brought to light; `then` is called when nothing older is to be seen through the kernel.
    func lockTaken(
        _ id: NodeID, _ attributes: FileAttributes?, _ question: OpenQuestions.Number,
        then: @escaping @Sendable () -> Void
    ) {
        let wall = clock.wall
        let mustBeTold = change {
            $0.lockTaken(id, attributes, question, wall: wall, at: $1, &$2)
        }
        if mustBeTold {
            invalidator.whenSent(then)
        } else {
            then()
        }
    }
}

extension Errno {
    /// A share without locks is one to the program as well: said in the word that `fcntl(2)` and `flock(2)` have for
    /// it.
    fileprivate var ofLocks: Errno {
        self == .notSupported || self == .notImplemented ? .noLocks : self
    }
}
