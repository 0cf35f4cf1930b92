import Model
import Synchronization

/// Open files or directories by the number that the kernel knows them by. Numbers are never used again.
final class HandleTable<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var values: [UInt64: Value] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    func add(_ value: Value) -> UInt64 {
        state.withLock { state in
            state.last += 1
            state.values[state.last] = value
            return state.last
        }
    }

    /// - Throws: `EBADF` for a number that is not open.
    func value(_ handle: UInt64) throws(Errno) -> Value {
        guard let value = state.withLock({ $0.values[handle] }) else { throw .badDescriptor }
        return value
    }

    func remove(_ handle: UInt64) -> Value? {
        state.withLock { $0.values.removeValue(forKey: handle) }
    }
}
