import Model
import Platform
import Synchronization

/// Which files have writers that are being closed, and who waits until they are.
///
/// The kernel tells of a `close(2)` by a flush while it lasts, and by a release behind it; the share's descriptor is closed after
/// that. A client of SMB gives a file that was written the time of that close, and so does a FUSE file system that uploads then:
/// whoever has closed a file, looks at its time and goes by that, as `rsync` does, is to see the time that it will have.
///
/// Threads: any. Bounded by the open files of the view and by the requests of the kernel's.
final class ClosingWriters: Sendable {
    private enum Phase: Equatable {
        /// A descriptor was closed: the last, as it seems.
        case flushed(at: Duration)
        /// There are others of the same open, as those that a shell gives to its children have.
        case isKept
        /// There are none: what is open on the share is being closed.
        case released(at: Duration)
    }

    private struct Waiter {
        /// When it goes on whatever others do.
        var end: Duration
        var goOn: @Sendable () -> Void
    }

    private struct Writers {
        var phases: [UInt64: Phase] = [:]
        var waiting: [Waiter] = []

        /// Until when there is something to wait for; nil where nothing is.
        func end(at now: Duration) -> Duration? {
            phases.values.compactMap { ClosingWriters.end(of: $0) }.filter { $0 > now }.max()
        }

        /// Who need not wait any longer.
        mutating func takeReady(at now: Duration) -> [Waiter] {
            let isOver = end(at: now) == nil
            let ready = waiting.filter { isOver || $0.end <= now }
            waiting.removeAll { isOver || $0.end <= now }
            return ready
        }
    }

    private let nodes = Mutex<[NodeID: Writers]>([:])
    /// Nodes that have writers which are being closed: looks at all others take no lock.
    private let count = Atomic(0)
    private let clock: any LarderClock
    private let delays: DelayQueue

    /// How long is waited for the release behind a flush.
    private static var releasePatience: Duration { .milliseconds(250) }
    /// How long is waited for the share to close what was released; one that hangs is asked then, and answers for itself.
    private static var closePatience: Duration { .seconds(1) }
    /// How long one look waits, while one writer after the other is closed.
    private static var lookPatience: Duration { releasePatience + closePatience }

    init(clock: any LarderClock, delays: DelayQueue) {
        self.clock = clock
        self.delays = delays
    }

    /// Whether any file may have writers that are being closed: one load.
    var areAny: Bool { count.load(ordering: .relaxed) > 0 }

    /// A descriptor of a file that was written through it is being closed.
    func flushed(_ handle: UInt64, of id: NodeID) {
        let now = clock.monotonic
        nodes.withLock { nodes in
            guard nodes[id]?.phases[handle] != .isKept else { return }
            nodes[id, default: Writers()].phases[handle] = .flushed(at: now)
            count.store(nodes.count, ordering: .relaxed)
        }
    }

    /// Nobody has it open any more.
    func released(_ handle: UInt64, of id: NodeID) {
        let now = clock.monotonic
        nodes.withLock { nodes in
            nodes[id, default: Writers()].phases[handle] = .released(at: now)
            count.store(nodes.count, ordering: .relaxed)
        }
    }

    /// It is closed on the share, or others have what was open there. - Returns: whether somebody has waited for that, and asks now.
    @discardableResult
    func closed(_ handle: UInt64, of id: NodeID) -> Bool {
        let now = clock.monotonic
        let ready = nodes.withLock { nodes -> [Waiter] in
            nodes[id]?.phases[handle] = nil
            return takeReady(&nodes, id, at: now)
        }
        for waiter in ready { waiter.goOn() }
        return !ready.isEmpty
    }

    /// Calls `then` when nothing of a node is being closed, as far as that can be waited for; mostly at once.
    func onceClosed(_ id: NodeID, then: @escaping @Sendable () -> Void) {
        guard areAny else { return then() }
        let now = clock.monotonic
        let end = nodes.withLock { nodes -> Duration? in
            guard let end = nodes[id]?.end(at: now) else { return nil }
            nodes[id]?.waiting.append(Waiter(end: now + Self.lookPatience, goOn: then))
            return end
        }
        guard let end else { return then() }
        wake(id, at: end)
    }

    private static func end(of phase: Phase) -> Duration? {
        switch phase {
        case .flushed(let time): time + releasePatience
        case .isKept: nil
        case .released(let time): time + closePatience
        }
    }

    private func wake(_ id: NodeID, at time: Duration) {
        delays.submit(due: time) { [weak self] in self?.endPatience(id) }
    }

    private func endPatience(_ id: NodeID) {
        let now = clock.monotonic
        let (ready, next) = nodes.withLock { nodes -> ([Waiter], Duration?) in
            for (handle, phase) in nodes[id]?.phases ?? [:] {
                guard let end = Self.end(of: phase), end <= now else { continue }
                // Waiting for it once more would be as much in vain.
                nodes[id]?.phases[handle] = .isKept
            }
            let ready = takeReady(&nodes, id, at: now)
            // What was released since, or is another writer's, has its own time.
            guard let left = nodes[id]?.waiting.map(\.end).min() else { return (ready, nil) }
            return (ready, nodes[id]?.end(at: now).map { min($0, left) })
        }
        if let next { wake(id, at: next) }
        for waiter in ready { waiter.goOn() }
    }

    private func takeReady(
        _ nodes: inout [NodeID: Writers], _ id: NodeID, at now: Duration
    ) -> [Waiter] {
        guard var writers = nodes[id] else { return [] }
        let ready = writers.takeReady(at: now)
        nodes[id] = writers.phases.isEmpty && writers.waiting.isEmpty ? nil : writers
        count.store(nodes.count, ordering: .relaxed)
        return ready
    }
}
