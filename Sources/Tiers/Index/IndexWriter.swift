import Model
import Platform
import Synchronization

/// The one thread that changes the index. Changes are queued, and committed together within
/// ``commitInterval`` or ``batchMax`` of them, whichever comes first.
///
/// Threads: every method may be called from any thread; ``flush()``, ``renew()`` and ``stop(patience:)``
/// wait for the index thread. What fails for want of room or of a working disk is kept and tried again
/// after ``retryInterval``; a damaged file is reported, and nothing is written until it was renewed.
final class IndexWriter: Sendable {
    /// What the owner contributes.
    struct Hooks: Sendable {
        /// Totals to store with the next commit.
        var tierRecord: @Sendable () -> TierRecord
        /// A commit failed; the file may be damaged or just not writable now.
        var failed: @Sendable (SQLiteError) -> Void
        /// Changes up to some point are in the file.
        var committed: @Sendable ([IndexOperation]) -> Void
    }

    private struct State {
        /// Until the thread takes it: nothing else may keep it open (see ``IndexFile/setAside(now:)``).
        var connection: SQLiteConnection?
        var operations: [IndexOperation] = []
        var listings = ListingChanges()
        /// Taken by the thread, not committed yet; still answers ``pendingListing(of:)``.
        var listingsInFlight = ListingChanges()
        var hasSince: Duration?
        var flushAsked: UInt64 = 0
        var flushDone: UInt64 = 0
        var renewal: Renewal = .none
        var isStopping = false
        var isAbandoned = false
        var hasEnded = false
    }

    enum Renewal: Sendable {
        case none
        case asked
        /// The name under which the damaged file lies now; nil when it could not be set aside.
        case done(String?)
    }

    static let batchMax = 1024
    static let commitInterval = Duration.seconds(1)
    static let retryInterval = Duration.seconds(5)
    /// Entries of listings that may wait, all together; about 200 bytes each.
    static let listingEntriesMax = 400_000
    /// From so many entries in one commit on, what they took is given back to the kernel.
    static let listingEntriesLarge = 10_000

    private let file: IndexFile
    private let readers: IndexReaders
    private let clock: any LarderClock
    private let guarded: ConditionMutex<State>
    private let allocated: Atomic<Int64>

    /// - Parameter connection: from ``IndexFile/openForWriting()``; belongs to the index thread from now on.
    init(
        file: IndexFile, readers: IndexReaders, connection: consuming SQLiteConnection,
        clock: any LarderClock, hooks: Hooks
    ) {
        guarded = ConditionMutex(State(connection: connection))
        self.file = file
        self.readers = readers
        self.clock = clock
        allocated = Atomic(file.allocatedBytes)
        startThread(name: "larder-index") { [self] in
            run(hooks)
        }
    }

    /// Bytes of the file system that the index occupied after the last commit.
    var allocatedBytes: Int64 { allocated.load(ordering: .relaxed) }

    func enqueue(_ operations: [IndexOperation]) {
        guarded.withLock { state, condition in
            guard !state.isAbandoned else { return }
            state.operations += operations
            wake(&state, condition)
        }
    }

    /// - Returns: false when too much waits already; the change is not taken then.
    func enqueue(listing path: [UInt8], _ change: ListingChange) -> Bool {
        guarded.withLock { state, condition in
            guard !state.isAbandoned,
                state.listings.entryCount + state.listingsInFlight.entryCount + change.entryCount
                    <= Self.listingEntriesMax || change.entryCount == 1
            else { return false }
            state.listings.set(path, change)
            wake(&state, condition)
            return true
        }
    }

    func enqueue(removingListingsBelow path: [UInt8]) {
        guarded.withLock { state, condition in
            guard !state.isAbandoned else { return }
            state.listings.removeBelow(path)
            wake(&state, condition)
        }
    }

    private func wake(_ state: inout State, _ condition: ConditionMutex<State>.Condition) {
        if state.hasSince == nil {
            state.hasSince = SystemClock().monotonic
            condition.broadcast()
        } else if state.operations.count >= Self.batchMax {
            condition.broadcast()
        }
    }

    func pendingListing(of path: [UInt8]) -> ListingChange? {
        guarded.withLock { state, _ in
            state.listings.change(of: path) ?? state.listingsInFlight.change(of: path)
        }
    }

    /// Returns when everything queued so far is committed, or the attempt has failed.
    func flush() {
        let mine = guarded.withLock { state, condition in
            state.flushAsked += 1
            condition.broadcast()
            return state.flushAsked
        }
        guarded.wait { state, _ in state.flushDone >= mine || state.hasEnded ? () : nil }
    }

    /// Sets the file aside and starts an empty one. What waits is thrown away: it speaks of rows that are
    /// gone.
    ///
    /// - Returns: the old file's new name, nil when it cannot be done now.
    func renew() -> String? {
        guarded.withLock { state, condition in
            state.renewal = .asked
            condition.broadcast()
        }
        return guarded.wait { state, _ -> String?? in
            if case .done(let name) = state.renewal {
                state.renewal = .none
                return .some(name)
            }
            return state.hasEnded ? .some(nil) : nil
        }
    }

    /// Commits what waits and ends the thread.
    ///
    /// - Returns: false when the thread has not ended within `patience`; it ends by itself later.
    @discardableResult
    func stop(patience: Duration) -> Bool {
        end(patience: patience) { $0.isStopping = true }
    }

    /// Ends the thread without committing: what a kill leaves behind, for tests.
    func abandon() {
        _ = end(patience: .seconds(60)) { state in
            state.isAbandoned = true
            state.isStopping = true
        }
    }

    private func end(patience: Duration, _ mark: (inout State) -> Void) -> Bool {
        guarded.withLock { state, condition in
            mark(&state)
            condition.broadcast()
        }
        let ended = guarded.wait(timeout: patience) { state, _ in state.hasEnded ? true : nil }
        return ended ?? false
    }

    // MARK: - The index thread

    private enum Task {
        case commit([IndexOperation], flush: UInt64, isLast: Bool)
        case renew
        case end
    }

    private func run(_ hooks: Hooks) {
        var statements: IndexStatements?
        var failure: SQLiteError?
        do throws(SQLiteError) {
            let connection = guarded.withLock { state, _ in state.connection.take() }
            statements = try connection.map { raw throws(SQLiteError) in try IndexStatements(raw) }
        } catch {
            failure = error
            hooks.failed(error)
        }
        var unsettled: [IndexOperation] = []
        var retryAt: Duration?
        loop: while true {
            switch nextTask(retryAt: retryAt) {
            case .end:
                break loop
            case .renew:
                statements = nil
                unsettled = []
                let renewed = replaceFile()
                if let (fresh, _) = renewed { statements = fresh }
                failure = nil
                retryAt = nil
                guarded.withLock { state, condition in
                    state.renewal = .done(renewed?.name)
                    condition.broadcast()
                }
            case .commit(let operations, let flush, let isLast):
                unsettled += operations
                let mayTry = retryAt.map { clock.monotonic >= $0 || isLast } ?? true
                if mayTry, failure?.meansDamage != true, let statements {
                    do throws(SQLiteError) {
                        let wasLarge = try commit(unsettled, statements, hooks, isLast: isLast)
                        hooks.committed(unsettled)
                        if wasLarge, !isLast { FreedMemory.giveBack() }
                        unsettled = []
                        retryAt = nil
                        failure = nil
                    } catch {
                        failure = error
                        retryAt = clock.monotonic + Self.retryInterval
                        hooks.failed(error)
                    }
                    allocated.store(file.allocatedBytes, ordering: .relaxed)
                }
                guarded.withLock { state, condition in
                    state.flushDone = max(state.flushDone, flush)
                    condition.broadcast()
                }
                if isLast { break loop }
            }
        }
        statements = nil
        guarded.withLock { state, condition in
            state.hasEnded = true
            condition.broadcast()
        }
    }

    private func nextTask(retryAt: Duration?) -> Task {
        // What waits is due an interval after the first of it came; a failed commit is tried again.
        let since = guarded.wait { state, _ -> Duration?? in
            if let since = state.hasSince { return .some(since) }
            return Self.isUrgent(state) || retryAt != nil ? .some(.none) : .none
        }
        let due = since.map { $0 + Self.commitInterval - SystemClock().monotonic }
        let task = guarded.wait(timeout: due ?? Self.commitInterval) { state, _ -> Task? in
            Self.isUrgent(state) ? Self.take(&state) : .none
        }
        return task ?? guarded.withLock { state, _ in Self.take(&state) }
    }

    /// Whether there is something to do without waiting for more.
    private static func isUrgent(_ state: State) -> Bool {
        if case .asked = state.renewal { return true }
        return state.isStopping || state.flushAsked > state.flushDone
            || state.operations.count >= batchMax
    }

    private static func take(_ state: inout State) -> Task {
        if state.isAbandoned { return .end }
        let operations = state.operations
        state.operations = []
        state.hasSince = nil
        if case .asked = state.renewal {
            state.listings = ListingChanges()
            state.listingsInFlight = ListingChanges()
            return .renew
        }
        state.listingsInFlight.merge(state.listings)
        state.listings = ListingChanges()
        return .commit(operations, flush: state.flushAsked, isLast: state.isStopping)
    }

    /// - Returns: whether it took much memory, which is free again.
    private func commit(
        _ operations: [IndexOperation], _ statements: IndexStatements, _ hooks: Hooks, isLast: Bool
    ) throws(SQLiteError) -> Bool {
        let changes = guarded.withLock { state, _ in state.listingsInFlight }
        let listings = changes.byPath.map { path, change -> (path: [UInt8], record: [UInt8]?) in
            switch change {
            case .put(let listing): (path, ListingRecord.encoded(listing, path: path))
            case .remove: (path, nil)
            }
        }
        var record = hooks.tierRecord()
        record.isClean = isLast && record.isClean
        try statements.commit(
            operations, listings, removedBelow: changes.removedBelow, state: record)
        guarded.withLock { state, _ in state.listingsInFlight = ListingChanges() }
        try statements.shrink()
        if isLast { try statements.checkpoint() }
        return changes.entryCount >= Self.listingEntriesLarge
    }

    private func replaceFile() -> (IndexStatements, name: String)? {
        guard readers.close(patience: .seconds(5)) else {
            readers.open()
            return nil
        }
        guard let name = try? file.setAside(now: clock.wall),
            let connection = try? file.openForWriting(),
            let statements = try? IndexStatements(connection)
        else { return nil }
        readers.open()
        return (statements, name)
    }
}
