import Model
import Platform
import Synchronization

/// A directory that is being listed: one job on a lane after the other, each for one batch of entries.
///
/// So a deadline is what the share takes for one answer and not for a whole directory: one with a million entries on a
/// slow link is listed to its end, while one that hangs fails its listing in time; and a lane is taken for
/// ``ListingBounds/batchTime`` at a stretch, between which others get theirs.
public final class DirectoryListing: Sendable {
    private struct State: Sendable {
        var urgency: ShareScheduler.Urgency
        /// Counts the jobs.
        var turn = 0
        /// Of the last job.
        var ticket: ShareScheduler.Ticket?
        var restarts = -1
    }

    private let share: Share
    private let location: ShareLocation
    private let relocate: @Sendable () -> ShareLocation?
    private let bounds: ListingBounds
    private let clock: any LarderClock
    /// Nil before the listing begins, after a failure, and while a lane has it.
    private let cursor = Mutex<ListingCursor?>(nil)
    private let state: Mutex<State>
    private let receive: @Sendable (DirectoryBatch) -> Bool
    private let completion: @Sendable (Result<Void, Errno>) -> Void

    init(
        _ share: Share, _ location: ShareLocation, _ urgency: ShareScheduler.Urgency,
        _ bounds: ListingBounds, clock: any LarderClock,
        relocate: @escaping @Sendable () -> ShareLocation?,
        receive: @escaping @Sendable (DirectoryBatch) -> Bool,
        completion: @escaping @Sendable (Result<Void, Errno>) -> Void
    ) {
        self.share = share
        self.location = location
        self.bounds = bounds
        self.clock = clock
        self.relocate = relocate
        self.receive = receive
        self.completion = completion
        state = Mutex(State(urgency: urgency))
    }

    /// Somebody waits for it now: what is left of it goes before what is read ahead.
    public func promote() {
        let ticket = state.withLock { state in
            state.urgency = .demand
            return state.ticket
        }
        if let ticket { share.scheduler.promote(ticket) }
    }

    /// Queues the job for the next batch.
    func goOn() {
        let (turn, urgency) = state.withLock { state in
            state.turn += 1
            state.ticket = nil
            return (state.turn, state.urgency)
        }
        let ticket = share.scheduler.submit(urgency) { [self] () throws(Errno) -> DirectoryBatch in
            try share.recovering { () throws(Errno) in try batch() }
        } completion: { [self] result in
            switch result {
            // There was no room for what nobody waits for, and somebody has come since.
            case .failure(.again)
            where urgency != .demand && state.withLock({ $0.urgency == .demand }):
                goOn()
            case .failure(let errno): completion(.failure(errno))
            case .success(let batch):
                guard receive(batch) else { return completion(.failure(.canceled)) }
                if batch.isLast { completion(.success(())) } else { goOn() }
            }
        }
        // It may have run by now, and the next one may wait in its place.
        let wasPromoted = state.withLock { state in
            guard state.turn == turn else { return false }
            state.ticket = ticket
            return state.urgency != urgency
        }
        if wasPromoted, let ticket { share.scheduler.promote(ticket) }
    }

    /// On a lane.
    private func batch() throws(Errno) -> DirectoryBatch {
        // Given back only where it can be gone on with: after a failure the listing begins anew, or is over.
        if let kept = cursor.withLock({ $0.take() }) { return try batch(from: kept) }
        let restarts = state.withLock { state in
            state.restarts += 1
            return state.restarts
        }
        guard restarts <= bounds.restartsMax else { throw .ioError }
        let folder = relocate() ?? location
        do throws(Errno) {
            return try batch(from: try begin(folder))
        } catch .noSuchFile {
            share.forgetDirectories(onTheWayTo: folder.path)
            return try batch(from: try begin(folder))
        }
    }

    private func batch(from begun: consuming ListingCursor) throws(Errno) -> DirectoryBatch {
        var current = begun
        let batch = try current.next(clock)
        if !batch.isLast { keep(current) }
        return batch
    }

    private func keep(_ current: consuming ListingCursor) {
        var kept: ListingCursor? = current
        cursor.withLock { $0 = kept.take() }
    }

    private func begin(_ folder: ShareLocation) throws(Errno) -> ListingCursor {
        let directory = try share.directory(at: folder)
        defer { withExtendedLifetime(directory) {} }
        return try ListingCursor(share, share.readable(directory), bounds)
    }
}
