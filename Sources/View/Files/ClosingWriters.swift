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

    private struct Writers {
        var phases: [UInt64: Phase] = [:]
        var waiting: [@Sendable () -> Void] = []

        mutating func takeWaiting() -> [@Sendable () -> Void] {
            defer { waiting = [] }
            return waiting
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

    /// It is closed on the share. - Returns: whether somebody has waited for that, and asks now.
    func closed(_ handle: UInt64, of id: NodeID) -> Bool {
        let waiting = nodes.withLock { nodes -> [@Sendable () -> Void] in
            nodes[id]?.phases[handle] = nil
            return Self.takeWaiting(&nodes, id, count)
        }
        for goOn in waiting { goOn() }
        return !waiting.isEmpty
    }

    /// Calls `then` when nothing of a node is being closed, as far as that can be waited for; mostly at once.
    func onceClosed(_ id: NodeID, then: @escaping @Sendable () -> Void) {
        guard areAny else { return then() }
        let now = clock.monotonic
        let end = nodes.withLock { nodes -> Duration? in
            let ends = nodes[id]?.phases.values.compactMap { Self.end(of: $0) } ?? []
            guard let end = ends.max(), end > now else { return nil }
            nodes[id]?.waiting.append(then)
            return end
        }
        guard let end else { return then() }
        delays.submit(due: end) { [weak self] in self?.endPatience(id) }
    }

    private static func end(of phase: Phase) -> Duration? {
        switch phase {
        case .flushed(let time): time + releasePatience
        case .isKept: nil
        case .released(let time): time + closePatience
        }
    }

    private func endPatience(_ id: NodeID) {
        let now = clock.monotonic
        let waiting = nodes.withLock { nodes -> [@Sendable () -> Void] in
            for (handle, phase) in nodes[id]?.phases ?? [:] {
                guard let end = Self.end(of: phase), end <= now else { continue }
                // Waiting for it once more would be as much in vain.
                nodes[id]?.phases[handle] = .isKept
            }
            return Self.takeWaiting(&nodes, id, count)
        }
        for goOn in waiting { goOn() }
    }

    /// Who waited, where there is nothing left to wait for.
    private static func takeWaiting(
        _ nodes: inout [NodeID: Writers], _ id: NodeID, _ count: borrowing Atomic<Int>
    ) -> [@Sendable () -> Void] {
        guard var writers = nodes[id], writers.phases.values.allSatisfy({ $0 == .isKept }) else {
            return []
        }
        let waiting = writers.takeWaiting()
        nodes[id] = writers.phases.isEmpty ? nil : writers
        count.store(nodes.count, ordering: .relaxed)
        return waiting
    }
}
