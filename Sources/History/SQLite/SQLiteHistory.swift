public import Model
public import Platform

import Synchronization

/// A history in an SQLite file of its own, `history.db`.
///
/// One connection writes, under a lock that is its turn; up to four others read, and wait for no writer. A power
/// failure may lose the last seconds (`synchronous = NORMAL` with a write-ahead log) and damages nothing. Opening takes
/// milliseconds however much there is. A file that turns out to be damaged is set aside under another name, which the
/// log says, and a new history begins with the next change; until then queries throw
/// ``HistoryError/damaged(reason:)``.
///
/// Threads: any. One process changes a history; others may have it open to ask.
public final class SQLiteHistory: HistoryStore {
    private struct State {
        /// nil while the file cannot be opened, and once it is closed.
        var writer: HistoryWriter?
        var isClosed = false
    }

    private let file: HistoryFile
    private let readers: SQLiteReaders<HistoryReader>
    private let clock: any LarderClock
    private let log: Log
    /// Held while the writing connection works, a transaction at most.
    private let writing: Mutex<State>
    /// Found by a query; the writer's lock may be held for as long as a transaction takes.
    private let foundDamage = Mutex<SQLiteError?>(nil)

    /// For how long queries that are under way are waited for when the file is set aside.
    private static let patience = Duration.seconds(5)

    /// Opens the history in `directory`, setting a damaged one aside.
    ///
    /// - Parameters:
    ///   - directory: made, with mode 0700, where it is missing; those above it must be there. One of ours to which
    ///     nobody else can write.
    ///   - log: told when a file was set aside.
    public init(
        directory: String, clock: any LarderClock = SystemClock(), log: Log
    ) throws(HistoryError) {
        file = try HistoryFile(directory: directory)
        readers = SQLiteReaders(lentMax: HistoryReader.lentMax) { [file] () throws(SQLiteError) in
            try HistoryReader(file.openForReading())
        }
        self.clock = clock
        self.log = log
        let writer: HistoryWriter
        do throws(HistoryOpeningFailure) {
            writer = try Self.open(file)
        } catch {
            guard case .sqlite(let error) = error, file.isDamaged(error) else {
                throw error.asHistoryError
            }
            writer = try Self.replace(file, after: error, clock: clock, log: log)
        }
        writing = Mutex(State(writer: writer))
        readers.open()
    }

    private static func open(_ file: HistoryFile) throws(HistoryOpeningFailure) -> HistoryWriter {
        let connection = try file.openForWriting()
        do throws(SQLiteError) {
            return try HistoryWriter(connection)
        } catch {
            throw .sqlite(error)
        }
    }

    /// Sets the file aside and begins a new one. All connections must be closed.
    private static func replace(
        _ file: HistoryFile, after damage: SQLiteError, clock: any LarderClock, log: Log
    ) throws(HistoryError) -> HistoryWriter {
        let name: String
        do throws(Errno) {
            name = try file.setAside(now: clock.wall)
        } catch {
            throw .unusable(
                path: file.directory, reason: "cannot rename the damaged history", error)
        }
        log(
            .warning,
            "the history in \(file.directory) was damaged (\(damage)); it is now \(name), "
                + "and a new one begins")
        return try begin(file)
    }

    private static func begin(_ file: HistoryFile) throws(HistoryError) -> HistoryWriter {
        do throws(HistoryOpeningFailure) {
            return try open(file)
        } catch {
            throw error.asHistoryError
        }
    }

    // MARK: - Changes

    public func append(_ events: [HistoryEvent]) throws(HistoryError) {
        guard !events.isEmpty else { return }
        try change { writer throws(SQLiteError) in try writer.append(events) }
    }

    public func trim(before: Timestamp, bytesMax: ByteCount) throws(HistoryError) -> Bool {
        try change { writer throws(SQLiteError) in
            try HistoryTrim(writer: writer).step(before: before, bytesMax: bytesMax)
        }
    }

    @discardableResult
    public func forget(_ selection: HistorySelection) throws(HistoryError) -> Int {
        switch selection {
        case .everything: return try forgetEverything()
        case .below(let path) where path.components.isEmpty: return try forgetEverything()
        case .excluded(let exclusions) where exclusions.isEmpty: return 0
        case .below, .excluded: break
        }
        let forgotten = try change { writer throws(SQLiteError) in
            let forgotten = try HistoryForgetting(writer: writer).forget(selection)
            // Also when nothing is: an earlier attempt may have been held up here.
            while try writer.shrink(pagesMax: HistoryTrim.pagesMax) > 0 {}
            try writer.emptyLog()
            return forgotten
        }
        try removeDamaged()
        return forgotten
    }

    /// The files themselves go: that needs no room on a disk that is full, and works where they are damaged.
    private func forgetEverything() throws(HistoryError) -> Int {
        try withWriting { state throws(HistoryError) in
            // Only for the answer: a file that cannot be counted goes all the same.
            let count = try? state.writer?.connection.integer("SELECT count(*) FROM paths")
            try closeAll(&state)
            do throws(Errno) {
                try file.removeAll()
            } catch {
                throw HistoryError.unusable(
                    path: file.directory, reason: "cannot remove the history", error)
            }
            foundDamage.withLock { $0 = nil }
            state.writer = try Self.begin(file)
            readers.open()
            return Int(count.flatMap { $0 } ?? 0)
        }
    }

    private func removeDamaged() throws(HistoryError) {
        do throws(Errno) {
            try file.removeDamaged()
        } catch {
            throw .unusable(
                path: file.directory, reason: "cannot remove what was set aside", error)
        }
    }

    /// Closes the connections. What is called afterwards throws ``HistoryError/closed``.
    public func close() {
        writing.withLock { state in
            state.isClosed = true
            state.writer = nil
        }
        _ = readers.close(patience: Self.patience)
    }

    /// Runs a change; on a damaged file a second time, with a new one.
    private func change<Result: Sendable>(
        _ body: (HistoryWriter) throws(SQLiteError) -> Result
    ) throws(HistoryError) -> Result {
        try withWriting { state throws(HistoryError) in
            if let damage = foundDamage.withLock({ $0 }) { try renew(&state, after: damage) }
            let writer: HistoryWriter
            if let opened = state.writer { writer = opened } else { writer = try reopen(&state) }
            do throws(SQLiteError) {
                return try body(writer)
            } catch let damage where file.isDamaged(damage) {
                try renew(&state, after: damage)
            } catch {
                throw HistoryError(error)
            }
            guard let fresh = state.writer else { throw HistoryError.closed }
            do throws(SQLiteError) {
                return try body(fresh)
            } catch {
                throw HistoryError(error)
            }
        }
    }

    private func withWriting<Result: Sendable>(
        _ body: (inout State) throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result {
        try writing.withLock { state throws(HistoryError) in
            guard !state.isClosed else { throw .closed }
            return try body(&state)
        }
    }

    private func renew(_ state: inout State, after damage: SQLiteError) throws(HistoryError) {
        try closeAll(&state)
        state.writer = try Self.replace(file, after: damage, clock: clock, log: log)
        foundDamage.withLock { $0 = nil }
        readers.open()
    }

    /// After a replacement that did not succeed.
    private func reopen(_ state: inout State) throws(HistoryError) -> HistoryWriter {
        let writer = try Self.begin(file)
        state.writer = writer
        readers.open()
        return writer
    }

    private func closeAll(_ state: inout State) throws(HistoryError) {
        guard readers.close(patience: Self.patience) else {
            readers.open()
            throw .busy
        }
        state.writer = nil
    }

    // MARK: - Queries

    public func use(of path: RelativePath) throws(HistoryError) -> FileUse? {
        try query { reader throws(SQLiteError) in try reader.use(of: path) }
    }

    public func mostOpened(limit: Int) throws(HistoryError) -> [FileUse] {
        try query { reader throws(SQLiteError) in try reader.mostOpened(limit: max(0, limit)) }
    }

    public func opens(
        in range: Range<Timestamp>, after cursor: HistoryCursor?, limit: Int
    ) throws(HistoryError) -> OpenPage {
        let end = EventKey(firstAt: range.upperBound)
        let start = max(EventKey(firstAt: range.lowerBound), cursor?.key ?? EventKey(number: 0))
        return try query { reader throws(SQLiteError) in
            try reader.opens(in: start..<max(start, end), limit: max(1, min(limit, 1 << 20)))
        }
    }

    public func opens(of path: RelativePath, limit: Int) throws(HistoryError) -> [HistoryEvent] {
        try query { reader throws(SQLiteError) in
            try reader.opens(of: path, limit: max(0, limit))
        }
    }

    public func reads(of path: RelativePath, limit: Int) throws(HistoryError) -> [HistoryEvent] {
        try query { reader throws(SQLiteError) in
            try reader.reads(of: path, limit: max(0, limit))
        }
    }

    public func allocatedBytes() throws(HistoryError) -> ByteCount {
        do throws(Errno) {
            return try file.allocatedBytes()
        } catch {
            throw .unusable(path: file.directory, reason: "cannot look at it", error)
        }
    }

    private func query<Result>(
        _ body: (HistoryReader) throws(SQLiteError) -> Result
    ) throws(HistoryError) -> Result {
        if let damage = foundDamage.withLock({ $0 }) { throw HistoryError(damage) }
        let result: Result?
        do throws(SQLiteError) {
            result = try readers.read(body)
        } catch {
            if error.meansDamage { foundDamage.withLock { $0 = error } }
            throw HistoryError(error)
        }
        guard let result else { throw .closed }
        return result
    }

    /// Calls `body` with the writing connection: faults for tests.
    func withConnection(_ body: (SQLiteConnection) throws(SQLiteError) -> Void) throws(HistoryError)
    {
        try change { writer throws(SQLiteError) in try body(writer.connection) }
    }
}
