import Model
import Platform

/// Lends reading connections to threads, opening them as they are needed.
///
/// Threads: any. At most ``lentMax`` are out at a time; who comes then waits for the moment that a look-up
/// takes.
final class IndexReaders: Sendable {
    private struct State {
        var idle: [IndexReader] = []
        var lent = 0
        var isClosed = true
    }

    private enum Turn {
        case closed
        case lent(IndexReader)
        case mayOpen
    }

    static let lentMax = 8

    private let file: IndexFile
    private let guarded = ConditionMutex(State())

    init(_ file: IndexFile) {
        self.file = file
    }

    /// Runs `body` with a connection.
    ///
    /// - Returns: nil when the readers are closed.
    func read<Result>(
        _ body: (IndexReader) throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result? {
        let turn = guarded.wait { state, _ -> Turn? in
            if state.isClosed { return .closed }
            guard state.lent < Self.lentMax else { return nil }
            state.lent += 1
            return state.idle.popLast().map { Turn.lent($0) } ?? .mayOpen
        }
        var reader: IndexReader?
        defer { if case .closed = turn {} else { giveBack(reader) } }
        switch turn {
        case .closed: return nil
        case .lent(let idle): reader = idle
        case .mayOpen: reader = try IndexReader(file.openForReading())
        }
        guard let reader else { return nil }
        return try body(reader)
    }

    private func giveBack(_ reader: IndexReader?) {
        guarded.withLock { state, condition in
            // Also when closed: ``close(patience:)`` empties the list once all are back.
            if let reader { state.idle.append(reader) }
            state.lent -= 1
            condition.broadcast()
        }
    }

    func open() {
        guarded.withLock { state, _ in state.isClosed = false }
    }

    /// Refuses further look-ups and closes all connections.
    ///
    /// - Returns: false when some are still out after `patience`.
    func close(patience: Duration) -> Bool {
        var idle: [IndexReader] = []
        guarded.withLock { state, condition in
            state.isClosed = true
            condition.broadcast()
        }
        let areBack = guarded.wait(timeout: patience) { state, _ in state.lent == 0 ? true : nil }
        guarded.withLock { state, _ in swap(&idle, &state.idle) }
        idle.removeAll()
        return areBack ?? false
    }
}
