import Model
import Synchronization

/// Finds the one ``DiskObject`` for a key: as long as somebody holds it, and for the last
/// ``recentMax`` also when nobody does. Threads: any.
final class DiskObjectTable: Sendable {
    private struct Weak {
        weak var object: DiskObject?
    }

    private struct State {
        var byKey: [ObjectKey: Weak] = [:]
        var byRow: [ObjectRow: Weak] = [:]
        var recent: [ObjectKey: DiskObject] = [:]
        var order = LRUPolicy<ObjectKey>()
        /// Entries of dead objects are removed when a table has grown to this.
        var purgeAt = DiskObjectTable.recentMax * 2
    }

    /// Objects kept alive for their entries: 600 bytes each for small files.
    static let recentMax = 1024

    private let state = Mutex(State())

    func object(_ identity: ObjectIdentity) -> DiskObject {
        // What falls out of the table is released after the lock.
        var released: DiskObject?
        return state.withLock { state in
            let object = state.byKey[identity.key]?.object ?? DiskObject(identity)
            if state.recent[identity.key] == nil {
                if state.byKey.count >= state.purgeAt { Self.purge(&state) }
                state.byKey[identity.key] = Weak(object: object)
                state.recent[identity.key] = object
                state.order.insert(identity.key, size: 1)
                if state.order.count > Self.recentMax, let oldest = state.order.victim() {
                    released = state.recent.removeValue(forKey: oldest.key)
                }
            } else {
                state.order.touch(identity.key)
            }
            withExtendedLifetime(released) {}
            return object
        }
    }

    /// Says which row an object has got.
    func note(_ row: ObjectRow, _ object: DiskObject) {
        state.withLock { state in
            if state.byRow.count >= state.purgeAt { Self.purge(&state) }
            state.byRow[row] = Weak(object: object)
        }
    }

    /// nil when no living object is known to have the row.
    func object(at row: ObjectRow) -> DiskObject? {
        state.withLock { $0.byRow[row]?.object }
    }

    /// Every living object.
    var all: [DiskObject] {
        state.withLock { $0.byKey.values.compactMap(\.object) }
    }

    private static func purge(_ state: inout State) {
        state.byKey = state.byKey.filter { $0.value.object != nil }
        state.byRow = state.byRow.filter { $0.value.object != nil }
        state.purgeAt = max(recentMax * 2, max(state.byKey.count, state.byRow.count) * 2)
    }
}
