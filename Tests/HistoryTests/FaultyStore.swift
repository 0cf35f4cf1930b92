import History
import Model
import Synchronization
import TestSupport

/// A store that fails or hangs when the test says so.
final class FaultyStore: HistoryStore {
    private struct State {
        var failure: HistoryError?
        var gate: Gate?
        var attempts = 0
    }

    private let store: any HistoryStore
    private let state = Mutex(State())

    init(_ store: any HistoryStore) {
        self.store = store
    }

    /// Of the next attempts to append.
    var failure: HistoryError? {
        get { state.withLock { $0.failure } }
        set { state.withLock { $0.failure = newValue } }
    }

    /// Which attempts to append pass.
    var gate: Gate? {
        get { state.withLock { $0.gate } }
        set { state.withLock { $0.gate = newValue } }
    }

    var attempts: Int { state.withLock { $0.attempts } }

    func append(_ events: [HistoryEvent]) throws(HistoryError) {
        let (failure, gate) = state.withLock { state in
            state.attempts += 1
            return (state.failure, state.gate)
        }
        gate?.pass()
        if let failure { throw failure }
        try store.append(events)
    }

    func use(of path: RelativePath) throws(HistoryError) -> FileUse? { try store.use(of: path) }

    func mostOpened(limit: Int) throws(HistoryError) -> [FileUse] {
        try store.mostOpened(limit: limit)
    }

    func opens(
        in range: Range<Timestamp>, after cursor: HistoryCursor?, limit: Int
    ) throws(HistoryError) -> OpenPage { try store.opens(in: range, after: cursor, limit: limit) }

    func opens(of path: RelativePath, limit: Int) throws(HistoryError) -> [HistoryEvent] {
        try store.opens(of: path, limit: limit)
    }

    func reads(of path: RelativePath, limit: Int) throws(HistoryError) -> [HistoryEvent] {
        try store.reads(of: path, limit: limit)
    }

    func allocatedBytes() throws(HistoryError) -> ByteCount { try store.allocatedBytes() }

    func forget(_ selection: HistorySelection) throws(HistoryError) -> Int {
        try store.forget(selection)
    }

    func trim(before: Timestamp, bytesMax: ByteCount) throws(HistoryError) -> Bool {
        try store.trim(before: before, bytesMax: bytesMax)
    }
}
