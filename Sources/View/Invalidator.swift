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
        var session: FuseSession?
        var isStopping = false
        var sent: UInt64 = 0
        var dropped: UInt64 = 0
    }

    static let queueMax = 65_536
    private let guarded = ConditionMutex(State())

    init() {
        startThread(name: "invalidator") { [guarded] in Self.run(guarded) }
    }

    /// Notices wait until there is a session to send them through.
    func attach(_ session: FuseSession) {
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

    func stop() {
        guarded.withLock { state, condition in
            state.isStopping = true
            state.session = nil
            condition.signal()
        }
    }

    private static func run(_ guarded: ConditionMutex<State>) {
        while true {
            let work = guarded.wait { state, _ -> ([NodeTable.Effects.Notice], FuseSession)?? in
                if state.isStopping { return .some(nil) }
                guard let session = state.session, !state.queue.isEmpty else { return nil }
                let batch = state.queue
                state.queue = []
                state.queued = []
                return (batch, session)
            }
            guard let (batch, session) = work else { return }
            for notice in batch { send(notice, to: session) }
            guarded.withLock { state, _ in state.sent += UInt64(batch.count) }
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
