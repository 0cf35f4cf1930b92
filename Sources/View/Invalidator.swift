import Fuse
import Model
import Platform
import Synchronization

/// Tells the kernel what it must forget, from a thread of its own that holds no lock: a notification waits
/// for operations on the same node, which may be waiting for us (FIELD.md: notification deadlocks).
///
/// Bounded: beyond ``queueMax`` notices the oldest are replaced by nothing but a count; the kernel's own
/// timeouts (a few seconds) then do what the notice would have done. Page-cache notices are never dropped:
/// they are unique per node, and there are at most as many as nodes.
final class Invalidator: Sendable {
    private struct State: Sendable {
        var queue: [NodeTable.Effects.Notice] = []
        var queued: Set<NodeTable.Effects.Notice> = []
        /// To be called when the queue, as it is, was sent.
        var whenSent: [@Sendable () -> Void] = []
        var session: FuseSession?
        var isStopping = false
        var sent: UInt64 = 0
        var dropped: UInt64 = 0
    }

    static let queueMax = 65_536
    private let recall = ReferenceRecall()
    private let guarded = ConditionMutex(State())

    init() {
        startThread(name: "invalidator") { [guarded] in Self.run(guarded) }
    }

    /// Notices wait until there is a session to send them through.
    func attach(_ session: FuseSession) {
        recall.attach(session)
        guarded.withLock { state, condition in
            state.session = session
            condition.signal()
        }
    }

    func add(_ notices: [NodeTable.Effects.Notice]) {
        guard !notices.isEmpty else { return }
        guarded.withLock { state, condition in
            for notice in notices where !state.queued.contains(notice) {
                if case .entry = notice, state.queue.count >= Self.queueMax {
                    state.dropped += 1
                    continue
                }
                state.queued.insert(notice)
                state.queue.append(notice)
            }
            condition.signal()
        }
    }

    /// Asks the kernel to give up what no program uses.
    func recall(_ wanted: [NodeTable.Recalled]) { recall.add(wanted) }

    /// Calls `body`, which must not wait, when the kernel has taken what was added before: on the invalidator's thread,
    /// or never, when the view ends first.
    func whenSent(_ body: @escaping @Sendable () -> Void) {
        guarded.withLock { state, condition in
            guard !state.isStopping else { return }
            state.whenSent.append(body)
            condition.signal()
        }
    }

    func stop() {
        recall.stop()
        let dropped = guarded.withLock { state, condition in
            state.isStopping = true
            state.session = nil
            condition.signal()
            defer { state.whenSent = [] }
            return state.whenSent
        }
        // Freed here, outside of the lock: a dropped request answers itself.
        withExtendedLifetime(dropped) {}
    }

    private struct Batch: Sendable {
        var notices: [NodeTable.Effects.Notice]
        var whenSent: [@Sendable () -> Void]
        var session: FuseSession
    }

    private static func run(_ guarded: ConditionMutex<State>) {
        while true {
            let work = guarded.wait { state, _ -> Batch?? in
                if state.isStopping { return .some(nil) }
                guard let session = state.session,
                    !state.queue.isEmpty || !state.whenSent.isEmpty
                else { return nil }
                let batch = Batch(
                    notices: state.queue, whenSent: state.whenSent, session: session)
                state.queue = []
                state.queued = []
                state.whenSent = []
                return batch
            }
            guard let batch = work else { return }
            for notice in batch.notices { send(notice, to: batch.session) }
            for body in batch.whenSent { body() }
            guarded.withLock { state, _ in state.sent += UInt64(batch.notices.count) }
        }
    }

    /// What the kernel does not hold any more (`ENOENT`) needs no forgetting.
    private static func send(_ notice: NodeTable.Effects.Notice, to session: FuseSession) {
        switch notice {
        case .inode(let id):
            try? session.notifyInvalidateInode(node: id.raw, offset: 0, length: 0)
        case .entry(let parent, let name):
            try? session.notifyInvalidateEntry(parent: parent.raw, name: name)
        }
    }
}
