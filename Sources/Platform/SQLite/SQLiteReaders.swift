/// Lends reading connections to threads, opening them as they are needed.
///
/// Threads: any. At most so many are out at a time; who comes then waits for the moment that a query takes.
public final class SQLiteReaders<Reader: Sendable>: Sendable {
    private struct State: Sendable {
        var idle: [Reader] = []
        var lent = 0
        var isClosed = true
    }

    private enum Turn: Sendable {
        case closed
        case lent(Reader)
        case mayOpen
    }

    private let lentMax: Int
    private let make: @Sendable () throws(SQLiteError) -> Reader
    private let guarded = ConditionMutex(State())

    /// Closed until ``open()``.
    ///
    /// - Parameters:
    ///   - lentMax: how many may be out at a time.
    ///   - make: opens one more connection.
    public init(lentMax: Int, _ make: @escaping @Sendable () throws(SQLiteError) -> Reader) {
        self.lentMax = lentMax
        self.make = make
    }

    /// Runs `body` with a connection.
    ///
    /// - Returns: nil when the readers are closed.
    public func read<Result>(
        _ body: (Reader) throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result? {
        let turn = guarded.wait { state, _ -> Turn? in
            if state.isClosed { return .closed }
            guard state.lent < lentMax else { return nil }
            state.lent += 1
            return state.idle.popLast().map { Turn.lent($0) } ?? .mayOpen
        }
        var reader: Reader?
        defer { if case .closed = turn {} else { giveBack(reader) } }
        switch turn {
        case .closed: return nil
        case .lent(let idle): reader = idle
        case .mayOpen: reader = try make()
        }
        guard let reader else { return nil }
        return try body(reader)
    }

    private func giveBack(_ reader: Reader?) {
        guarded.withLock { state, condition in
            // Also when closed: ``close(patience:)`` empties the list once all are back.
            if let reader { state.idle.append(reader) }
            state.lent -= 1
            condition.broadcast()
        }
    }

    public func open() {
        guarded.withLock { state, _ in state.isClosed = false }
    }

    /// Refuses further queries and closes all connections.
    ///
    /// - Returns: false when some are still out after `patience`.
    public func close(patience: Duration) -> Bool {
        var idle: [Reader] = []
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
