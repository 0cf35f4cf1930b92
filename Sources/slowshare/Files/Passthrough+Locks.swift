import Fuse
import Glibc
import Model
import Platform

/// Locks. Who waits for one asks again every few milliseconds: no thread is kept, and giving up is simple.
extension Passthrough {
    private static let retryInterval = Duration.milliseconds(5)

    func getLock(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, lock: FuseLock
    ) {
        network.serve(.getlk, request) { [self] () throws(Errno) in
            let file = try inodes.descriptor(of: node)
            var answer = lock
            answer.kind = .unlock
            let found = try locks.conflict(with: lock, node: node, owner: owner) {
                () throws(Errno) in try Self.openForLocks(file)
            }
            let reply = found ?? answer
            return .init { request.reply(lock: reply) }
        }
    }

    func setLock(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, lock: FuseLock,
        wait: Bool
    ) {
        network.serve(.setlk, request) { [self] () throws(Errno) in
            let file = try inodes.descriptor(of: node)
            let undo = Mutexed<RecordLocks.Undo?>(nil)
            return try acquire(request, wait: wait) { [locks] () throws(Errno) in
                let granted = try locks.set(lock, node: node, owner: owner, handle: handle) {
                    () throws(Errno) in try Self.openForLocks(file)
                }
                undo.withLock { $0 = granted?.undo }
            } undo: { [locks] in
                if let undo = undo.withLock({ $0 }) { try? locks.undo(undo) }
            }
        }
    }

    /// For both kinds of lock where the file lets us.
    private static func openForLocks(
        _ file: DescriptorReference
    ) throws(Errno) -> DescriptorReference {
        try file.withRawValue { (raw) throws(Errno) in
            if let both = try? FileCalls.reopen(raw, .readWrite) {
                return DescriptorReference(both)
            }
            return DescriptorReference(try FileCalls.reopen(raw, .readOnly))
        }
    }

    func lockFile(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, operation: Int32
    ) {
        network.serve(.flock, request) { [self] () throws(Errno) in
            let file = try files.value(handle)
            let wait = operation & LOCK_NB == 0
            return try acquire(request, wait: wait) { () throws(Errno) in
                try FileCalls.lockFile(file.descriptor.rawValue, operation & ~LOCK_NB)
            } undo: {
                try? FileCalls.lockFile(file.descriptor.rawValue, LOCK_UN)
            }
        }
    }

    /// Tries now, and if it may wait, again until it has the lock or its caller gave up.
    ///
    /// - Parameter undo: for a lock that came when its caller had just gone.
    private func acquire(
        _ request: FuseRequest, wait: Bool,
        _ attempt: @escaping @Sendable () throws(Errno) -> Void,
        undo: @escaping @Sendable () -> Void
    ) throws(Errno) -> Network.Answer {
        do throws(Errno) {
            try attempt()
            return .init { request.reply(error: nil) }
        } catch {
            guard error == .again, wait else { throw error }
            return .init { [self] in
                request.onInterrupt { [weak request] in request?.reply(error: .interrupted) }
                retry(request, attempt, undo)
            }
        }
    }

    private func retry(
        _ request: FuseRequest, _ attempt: @escaping @Sendable () throws(Errno) -> Void,
        _ undo: @escaping @Sendable () -> Void
    ) {
        network.after(Self.retryInterval) { [self] in
            guard !request.isAnswered else { return }
            do throws(Errno) {
                try attempt()
                if !request.reply(error: nil) { undo() }
            } catch .again {
                retry(request, attempt, undo)
            } catch {
                request.reply(error: error)
            }
        }
    }
}
