import Model
import Platform

/// Lends reading connections to threads, opening them as they are needed.
///
/// Threads: any. At most ``lentMax`` are out at a time; who comes then waits for the time that a query takes.
final class HistoryReaders: Sendable {
    private struct State {
        var idle: [HistoryReader] = []
        var lent = 0
        var isClosed = true
    }

    private enum Turn {
        case closed
        case lent(HistoryReader)
        case mayOpen
    }

    static let lentMax = 4

    private let file: HistoryFile
    private let guarded = ConditionMutex(State())

    init(_ file: HistoryFile) {
        self.file = file
    }

    /// Runs `body` with a connection.
    ///
    /// - Returns: nil when the readers are closed.
    func read<Result>(
        _ body: (HistoryReader) throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result? {
        let turn = guarded.wait { state, _ -> Turn? in
            if state.isClosed { return .closed }
            guard state.lent < Self.lentMax else { return nil }
            state.lent += 1
            return state.idle.popLast().map { Turn.lent($0) } ?? .mayOpen
        }
        var reader: HistoryReader?
        defer { if case .closed = turn {} else { giveBack(reader) } }
        switch turn {
        case .closed: return nil
        case .lent(let idle): reader = idle
        case .mayOpen: reader = try HistoryReader(file.openForReading())
        }
        guard let reader else { return nil }
        return try body(reader)
    }

    private func giveBack(_ reader: HistoryReader?) {
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

    /// Refuses further queries and closes all connections.
    ///
    /// - Returns: false when some are still out after `patience`.
    func close(patience: Duration) -> Bool {
        var idle: [HistoryReader] = []
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
