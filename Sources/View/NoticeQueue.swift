import Fuse
import Model
import Platform

/// Notices to the kernel, sent in their order from a thread of their own that holds no lock: the kernel lets a notice wait
/// for operations on the same node, which may be waiting for the view (deadlocks by that are common among FUSE servers).
///
/// Bounded: of names beyond ``waitingMax`` it says nothing, and the kernel's own timeouts (some seconds) do what the notice
/// would have done. Notices of nodes are never left out: each waits once, so that there are at most as many as nodes.
final class NoticeQueue: Sendable {
    private struct State: Sendable {
        var waiting: [NodeTable.Effects.Notice] = []
        var isWaiting: Set<NodeTable.Effects.Notice> = []
        /// To be called when what waits was sent.
        var whenSent: [@Sendable () -> Void] = []
        var session: (any FuseNotifier)?
        var isStopping = false
    }

    static let waitingMax = 65_536
    private let guarded = ConditionMutex(State())

    /// - Parameter name: of the thread.
    init(name: String) {
        startThread(name: name) { [guarded] in Self.run(guarded) }
    }

    /// Notices wait until there is a session to send them through.
    func attach(_ session: any FuseNotifier) {
        guarded.withLock { state, condition in
            state.session = session
            condition.signal()
        }
    }

    func add(_ notices: [NodeTable.Effects.Notice]) {
        guard !notices.isEmpty else { return }
        guarded.withLock { state, condition in
            for notice in notices where !state.isWaiting.contains(notice) {
                if case .entry = notice, state.waiting.count >= Self.waitingMax { continue }
                state.isWaiting.insert(notice)
                state.waiting.append(notice)
            }
            condition.signal()
        }
    }

    /// Calls `body`, which must not wait, when the kernel has taken what was added before: on the queue's thread, or never,
    /// when the view ends first.
    func whenSent(_ body: @escaping @Sendable () -> Void) {
        guarded.withLock { state, condition in
            guard !state.isStopping else { return }
            state.whenSent.append(body)
            condition.signal()
        }
    }

    func stop() {
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
        var session: any FuseNotifier
    }

    private static func run(_ guarded: ConditionMutex<State>) {
        while true {
            let work = guarded.wait { state, _ -> Batch?? in
                if state.isStopping { return .some(nil) }
                guard let session = state.session,
                    !state.waiting.isEmpty || !state.whenSent.isEmpty
                else { return nil }
                let batch = Batch(
                    notices: state.waiting, whenSent: state.whenSent, session: session)
                state.waiting = []
                state.isWaiting = []
                state.whenSent = []
                return batch
            }
            guard let batch = work else { return }
            for notice in batch.notices { send(notice, to: batch.session) }
            for body in batch.whenSent { body() }
        }
    }

    /// What the kernel does not hold any more (`ENOENT`) needs no forgetting.
    private static func send(_ notice: NodeTable.Effects.Notice, to session: any FuseNotifier) {
        switch notice {
        case .attributes(let id):
            try? session.notifyInvalidateInode(node: id.raw, offset: -1, length: 0)
        case .inode(let id):
            try? session.notifyInvalidateInode(node: id.raw, offset: 0, length: 0)
        case .pages(let id, let bytes):
            try? session.notifyInvalidateInode(
                node: id.raw, offset: bytes.lowerBound, length: Int64(bytes.count))
        case .entry(let parent, let name):
            try? session.notifyInvalidateEntry(parent: parent.raw, name: name)
        }
    }
}
