import Glibc
import Model
import Platform
import Synchronization

/// `flock(2)` of the view's users: a descriptor on the share for each open file that asked for one.
///
/// Bounded by the open files of the view.
final class FileLocks: Sendable {
    private struct Holding: Sendable {
        var descriptor: DescriptorReference
        /// `LOCK_SH`, `LOCK_EX` or `LOCK_UN`.
        var operation = LOCK_UN
    }

    /// Takes one lock back: see ``FileLocks/undo(_:)``.
    struct Undo: Sendable {
        fileprivate var handle: UInt64
        fileprivate var before: Int32
    }

    private let holdings = Mutex<[UInt64: Holding]>([:])

    func holds(_ handle: UInt64) -> Bool { holdings.withLock { $0[handle] != nil } }

    /// Takes, changes or releases a lock, without waiting for whoever has it. Blocks.
    ///
    /// - Parameter open: a descriptor with an open file description of its own.
    /// - Throws: `EAGAIN` when somebody else's is in the way. What was held before is lost then, as `flock(2)` says.
    func set(
        _ operation: Int32, _ handle: UInt64, open: () throws(Errno) -> DescriptorReference
    ) throws(Errno) -> (descriptor: DescriptorReference, undo: Undo) {
        let known = holdings.withLock { $0[handle] }
        let holding: Holding
        if let known {
            holding = known
        } else {
            let fresh = Holding(descriptor: try open())
            holding = holdings.withLock { holdings in
                let holding = holdings[handle] ?? fresh
                holdings[handle] = holding
                return holding
            }
        }
        let result: Result<Void, Errno>
        do throws(Errno) {
            try holding.descriptor.withRawValue { (raw) throws(Errno) in
                try FileCalls.lockFile(raw, operation)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        holdings.withLock { holdings in
            switch result {
            case .success: holdings[handle]?.operation = operation
            case .failure(.again): holdings[handle]?.operation = LOCK_UN
            case .failure: break
            }
        }
        try result.get()
        return (holding.descriptor, Undo(handle: handle, before: holding.operation))
    }

    /// Takes back a lock that was granted when its caller had just gone. Blocks.
    func undo(_ undo: Undo) throws(Errno) {
        guard let known = holdings.withLock({ $0[undo.handle]?.descriptor }) else { return }
        try known.withRawValue { (raw) throws(Errno) in
            try FileCalls.lockFile(raw, undo.before)
        }
        let dropped = holdings.withLock { holdings -> Holding? in
            holdings[undo.handle]?.operation = undo.before
            // The open file may be gone by now: nobody else would clear it away.
            return undo.before == LOCK_UN ? holdings.removeValue(forKey: undo.handle) : nil
        }
        withExtendedLifetime(dropped) {}
    }

    /// The open file is gone. Blocks.
    func release(_ handle: UInt64) {
        guard let holding = holdings.withLock({ $0.removeValue(forKey: handle) }) else { return }
        // Closing would do, but not at once where the share is FUSE itself.
        holding.descriptor.withRawValue { raw in try? FileCalls.lockFile(raw, LOCK_UN) }
    }
}
