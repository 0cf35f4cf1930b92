import Eviction
import Model
import Platform
import Synchronization

/// Open descriptors of cache files, least recently used closed first. Threads: any.
///
/// A descriptor handed out stays open for as long as it is held, also when the cache lets go of it.
final class DescriptorCache: Sendable {
    enum Key: Hashable, Sendable {
        case object(ObjectKey)
        case pack(UInt32)
    }

    private struct State {
        var open: [Key: DescriptorReference] = [:]
        var order = LRUPolicy<Key>()
        /// Counts removals: a file opened before one may be gone by now and is not kept.
        var removals: UInt64 = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// The open descriptor of `key`, opened through `body` where there is none.
    func descriptor(
        _ key: Key, _ body: () throws(Errno) -> FileDescriptor
    ) throws(Errno) -> DescriptorReference {
        let (known, removals) = state.withLock { state in
            state.order.touch(key)
            return (state.open[key], state.removals)
        }
        if let known { return known }
        let opened = DescriptorReference(try body())
        var closing: DescriptorReference?
        state.withLock { state in
            guard state.removals == removals, state.open[key] == nil else { return }
            state.open[key] = opened
            state.order.insert(key, size: 1)
            if state.order.count > capacity, let oldest = state.order.victim() {
                closing = state.open.removeValue(forKey: oldest.key)
            }
        }
        withExtendedLifetime(closing) {}
        return opened
    }

    /// Forgets a file that is about to be unlinked.
    func remove(_ key: Key) {
        let closing = state.withLock { state in
            state.removals += 1
            state.order.remove(key)
            return state.open.removeValue(forKey: key)
        }
        withExtendedLifetime(closing) {}
    }

    func removeAll() {
        let closing = state.withLock { state in
            let all = state.open
            state.removals += 1
            state.open = [:]
            state.order = LRUPolicy()
            return all
        }
        withExtendedLifetime(closing) {}
    }
}
