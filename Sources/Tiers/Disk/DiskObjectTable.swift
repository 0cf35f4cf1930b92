import Eviction
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
        /// By the hash of the path: of the versions of a file, and of others by chance.
        var byPath: [Int64: [ObjectKey]] = [:]
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
            object.learn(identity.contentType)
            if state.recent[identity.key] == nil {
                if state.byKey.count >= state.purgeAt { Self.purge(&state) }
                if state.byKey[identity.key] == nil {
                    state.byPath[identity.path.indexHash, default: []].append(identity.key)
                }
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

    /// The living versions of a file.
    func objects(at path: RelativePath) -> [DiskObject] {
        let hash = path.indexHash
        return state.withLock { state in
            (state.byPath[hash] ?? []).compactMap { state.byKey[$0]?.object }
                .filter { $0.identity.path == path }
        }
    }

    /// Every living object.
    var all: [DiskObject] {
        state.withLock { $0.byKey.values.compactMap(\.object) }
    }

    private static func purge(_ state: inout State) {
        state.byKey = state.byKey.filter { $0.value.object != nil }
        state.byRow = state.byRow.filter { $0.value.object != nil }
        state.byPath = [:]
        for (key, weak) in state.byKey {
            guard let object = weak.object else { continue }
            state.byPath[object.identity.path.indexHash, default: []].append(key)
        }
        state.purgeAt = max(recentMax * 2, max(state.byKey.count, state.byRow.count) * 2)
    }
}
