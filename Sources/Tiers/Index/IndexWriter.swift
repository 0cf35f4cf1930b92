import Model
import Platform
import Synchronization

/// The one thread that changes the index. Changes are queued, and committed together within
/// ``commitInterval`` or ``batchMax`` of them, whichever comes first.
///
/// Threads: every method may be called from any thread; ``flush()``, ``commitLasting()``, ``renew()`` and
/// ``stop(patience:)`` wait for the index thread. What fails for want of room or of a working disk is kept and tried again
/// after ``retryInterval``; a damaged file is reported, and nothing is written until it was renewed.
///
/// What waits is bounded, also where nothing can be committed for hours. What may be left out is (``hasRoom``); listings that
/// find no room are removed instead of stored; and where even the removals of rows are too many, the file is given up, as if
/// it were damaged: it knows too much that is gone.
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
        /// Operations that the thread has, and the file has not.
        var unsettledCount = 0
        /// Operations that were ever queued; those up to ``lasting`` outlast a power failure.
        var queued: UInt64 = 0
        var lasting: UInt64 = 0
        /// Up to where somebody waits for that.
        var lastingAsked: UInt64 = 0
        /// Where the last removal of a row stands among them.
        var lastRemoval: UInt64 = 0
        /// When the commit that is under way began.
        var commitsSince: Duration?
        /// The last commit failed.
        var isFailing = false
        /// More waited than there is room for: the file knows what is gone, and is not written to until it is renewed.
        var isGivenUp = false
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
        /// Everything is in the file, for good.
        var hasEndedWell = false

        var waitingCount: Int { operations.count + unsettledCount }

        var isStuck: Bool {
            isFailing
                || commitsSince.map { SystemClock().monotonic - $0 > IndexWriter.patience } ?? false
        }
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
    /// How long a commit may take before the disk counts as one that takes none.
    static let patience = Duration.seconds(2)
    /// Operations that wait, from which on what may be left out is. About 700 bytes each, with the object.
    static let operationsMax = 8192
    /// Operations that wait at most, removals included.
    static let operationsLimit = 32_768
    /// Entries of listings that may wait, all together; about 200 bytes each. And bytes.
    static let listingEntriesMax = 400_000
    static let listingBytesMax = 128 << 20
    /// Likewise, while nothing can be committed.
    static let stuckListingEntriesMax = 20_000
    static let stuckListingBytesMax = 6 << 20
    /// From so many entries in one commit on, what they took is given back to the kernel.
    static let listingEntriesLarge = 10_000

    private let file: IndexFile
    private let readers: SQLiteReaders<IndexReader>
    private let clock: any LarderClock
    private let hooks: Hooks
    private let guarded: ConditionMutex<State>
    private let allocated: Atomic<Int64>

    /// - Parameter connection: from ``IndexFile/openForWriting()``; belongs to the index thread from now on.
    init(
        file: IndexFile, readers: SQLiteReaders<IndexReader>,
        connection: consuming SQLiteConnection,
        clock: any LarderClock, hooks: Hooks
    ) {
        guarded = ConditionMutex(State(connection: connection))
        self.file = file
        self.readers = readers
        self.clock = clock
        self.hooks = hooks
        allocated = Atomic(file.allocatedBytes)
        startThread(name: "larder-index") { [self] in
            run()
        }
    }

    /// Bytes of the file system that the index occupied after the last commit.
    var allocatedBytes: Int64 { allocated.load(ordering: .relaxed) }

    /// Whether the disk takes no commits: the last one failed, or one takes longer than ``patience``.
    var isStuck: Bool { guarded.withLock { state, _ in state.isStuck } }

    /// Whether what need not be told to the index may be.
    var hasRoom: Bool {
        guarded.withLock { state, _ in state.waitingCount < Self.operationsMax }
    }

    /// Whether listings that nobody has asked for may come: there is room for those of people beside them.
    var hasRoomForListings: Bool {
        guarded.withLock { state, _ in
            let entries = state.listings.entryCount + state.listingsInFlight.entryCount
            let bytes = state.listings.byteCount + state.listingsInFlight.byteCount
            return !state.isStuck && entries < Self.listingEntriesMax / 4
                && bytes < Self.listingBytesMax / 4
        }
    }

    func enqueue(_ operations: [IndexOperation]) {
        let isTooMuch = guarded.withLock { state, condition -> Bool in
            guard !state.isAbandoned else { return false }
            state.queued += UInt64(operations.count)
            if operations.contains(where: \.isRemoval) { state.lastRemoval = state.queued }
            guard !state.isGivenUp else { return false }
            guard state.waitingCount + operations.count <= Self.operationsLimit else {
                state.operations = []
                state.isGivenUp = true
                return true
            }
            state.operations += operations
            wake(&state, condition)
            return false
        }
        if isTooMuch {
            hooks.failed(SQLiteError(damage: "it could not be written to for too long"))
        }
    }

    /// - Returns: false when too much waits already; the change is not taken then. What is to be removed is, in any case.
    func enqueue(listing path: [UInt8], _ change: ListingChange) -> Bool {
        let bytes = change.byteCount + path.count
        return guarded.withLock { state, condition in
            guard !state.isAbandoned else { return false }
            let (entriesMax, bytesMax) =
                state.isStuck
                ? (Self.stuckListingEntriesMax, Self.stuckListingBytesMax)
                : (Self.listingEntriesMax, Self.listingBytesMax)
            let entries = state.listings.entryCount + state.listingsInFlight.entryCount
            let taken = state.listings.byteCount + state.listingsInFlight.byteCount
            if entries + change.entryCount <= entriesMax, taken + bytes <= bytesMax {
                state.listings.set(path, change)
            } else if case .put = change {
                return false
            } else {
                state.listings.set(path, change)
                state.listings.shed()
            }
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

    /// Whether all rows that were removed so far stay removed if the power fails now.
    var removalsLast: Bool {
        guarded.withLock { state, _ in state.lastRemoval <= state.lasting }
    }

    /// As ``removalsLast``, where need be once the disk has them.
    func makeRemovalsLast() -> Bool { removalsLast || commitLasting() }

    /// As ``flush()``, and waits until the disk has it.
    ///
    /// - Returns: whether everything queued so far outlasts a power failure.
    func commitLasting() -> Bool {
        let (flush, through) = guarded.withLock { state, condition in
            state.flushAsked += 1
            state.lastingAsked = state.queued
            condition.broadcast()
            return (state.flushAsked, state.queued)
        }
        guarded.wait { state, _ in state.flushDone >= flush || state.hasEnded ? () : nil }
        return guarded.withLock { state, _ in state.lasting >= through }
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
    /// - Returns: whether everything is in the file, and outlasts a power failure; false also when the thread has not ended
    ///   within `patience`, which it does by itself later.
    @discardableResult
    func stop(patience: Duration) -> Bool {
        end(patience: patience) { $0.isStopping = true }
            && guarded.withLock { state, _ in state.hasEndedWell }
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

    private struct Commit {
        /// Who waits is answered up to here.
        var flush: UInt64
        /// Of all that were ever queued, it has those up to here.
        var through: UInt64
        var isLasting: Bool
        var isGivenUp: Bool
        var isLast: Bool
    }

    private enum Task {
        case commit([IndexOperation], Commit)
        case renew
        case end
    }

    /// What the writer's thread has at hand.
    private struct Work {
        /// nil where the file could not be opened.
        var statements: IndexStatements?
        var failure: SQLiteError?
        /// Taken, and not committed yet.
        var unsettled: [IndexOperation] = []
        /// After a failure.
        var retryAt: Duration?
    }

    private func run() {
        var work = Work()
        do throws(SQLiteError) {
            let connection = guarded.withLock { state, _ in state.connection.take() }
            work.statements = try connection.map { raw throws(SQLiteError) in
                try IndexStatements(raw)
            }
        } catch {
            work.failure = error
            hooks.failed(error)
        }
        loop: while true {
            switch nextTask(retryAt: work.retryAt) {
            case .end: break loop
            case .renew: renew(&work)
            case .commit(let operations, let task):
                commit(operations, task, &work)
                if task.isLast { break loop }
            }
        }
        work.statements = nil
        guarded.withLock { state, condition in
            state.hasEnded = true
            condition.broadcast()
        }
    }

    private func renew(_ work: inout Work) {
        // Closed before the file goes.
        work = Work()
        let renewed = replaceFile()
        if let (fresh, _) = renewed { work.statements = fresh }
        guarded.withLock { state, condition in
            state.unsettledCount = 0
            state.isFailing = false
            // All rows are gone with the file.
            if renewed != nil {
                state.lasting = state.queued
                state.isGivenUp = false
            }
            state.renewal = .done(renewed?.name)
            condition.broadcast()
        }
    }

    private func commit(_ operations: [IndexOperation], _ task: Commit, _ work: inout Work) {
        work.unsettled += operations
        let mayTry = work.retryAt.map { clock.monotonic >= $0 || task.isLast } ?? true
        if task.isGivenUp { work.unsettled = [] }
        if mayTry, !task.isGivenUp, work.failure?.meansDamage != true,
            let statements = work.statements
        {
            do throws(SQLiteError) {
                let wasLarge = try commit(work.unsettled, statements, task)
                hooks.committed(work.unsettled)
                if wasLarge, !task.isLast { FreedMemory.giveBack() }
                work.unsettled = []
                work.retryAt = nil
                work.failure = nil
            } catch {
                work.failure = error
                work.retryAt = clock.monotonic + Self.retryInterval
                hooks.failed(error)
            }
            allocated.store(file.allocatedBytes, ordering: .relaxed)
        }
        let isSettled =
            work.unsettled.isEmpty && work.failure == nil && work.statements != nil
            && !task.isGivenUp
        guarded.withLock { state, condition in
            state.commitsSince = nil
            state.unsettledCount = work.unsettled.count
            state.isFailing = !isSettled
            if isSettled, task.isLasting { state.lasting = max(state.lasting, task.through) }
            if !isSettled { Self.shedListings(&state) }
            if task.isLast { state.hasEndedWell = isSettled }
            state.flushDone = max(state.flushDone, task.flush)
            condition.broadcast()
        }
    }

    /// After a commit that failed: what waits for the next one has to be little.
    private static func shedListings(_ state: inout State) {
        let entries = state.listings.entryCount + state.listingsInFlight.entryCount
        let bytes = state.listings.byteCount + state.listingsInFlight.byteCount
        guard entries > stuckListingEntriesMax || bytes > stuckListingBytesMax else { return }
        state.listings.shed()
        state.listingsInFlight.shed()
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
        state.unsettledCount += operations.count
        state.commitsSince = SystemClock().monotonic
        return .commit(
            operations,
            Commit(
                flush: state.flushAsked, through: state.queued,
                isLasting: state.lastingAsked > state.lasting || state.isStopping,
                isGivenUp: state.isGivenUp, isLast: state.isStopping))
    }

    /// - Returns: whether it took much memory, which is free again.
    private func commit(
        _ operations: [IndexOperation], _ statements: IndexStatements, _ task: Commit
    ) throws(SQLiteError) -> Bool {
        let changes = guarded.withLock { state, _ in state.listingsInFlight }
        let listings = changes.byPath.map { path, change -> (path: [UInt8], record: [UInt8]?) in
            switch change {
            case .put(let listing): (path, ListingRecord.encoded(listing, path: path))
            case .remove: (path, nil)
            }
        }
        var record = hooks.tierRecord()
        record.isClean = task.isLast && record.isClean
        try statements.commit(
            operations, listings, removedBelow: changes.removedBelow, state: record,
            isLasting: task.isLasting)
        guarded.withLock { state, _ in state.listingsInFlight = ListingChanges() }
        try statements.shrink()
        if task.isLast { try statements.checkpoint() }
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
