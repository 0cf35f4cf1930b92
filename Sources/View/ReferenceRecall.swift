import Fuse
import Model
import Platform

/// Asks the kernel to give up what it remembers of files that no program uses, so that the view can forget them too; its
/// answers are the `forget`s that follow.
///
/// On a thread of its own, since on older kernels each request waits for operations in the same folder, which may be waiting
/// for the share, while what the invalidator says must not come late. Bounded by ``waitingMax``: what does not fit is asked
/// for when the table is over its bound the next time.
final class ReferenceRecall: Sendable {
    private struct State: Sendable {
        var waiting: [NodeTable.Recalled] = []
        var session: (any FuseNotifier)?
        var isStopping = false
    }

    static let waitingMax = 262_144
    /// Nodes of one request.
    private static let batchMax = 512
    private let guarded = ConditionMutex(State())

    init() {
        startThread(name: "recall") { [guarded] in Self.run(guarded) }
    }

    func attach(_ session: any FuseNotifier) {
        guarded.withLock { state, condition in
            state.session = session
            condition.signal()
        }
    }

    func add(_ wanted: [NodeTable.Recalled]) {
        guard !wanted.isEmpty else { return }
        guarded.withLock { state, condition in
            state.waiting.append(contentsOf: wanted.prefix(Self.waitingMax - state.waiting.count))
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
        var isPruning = true
        while true {
            let work = guarded.wait { state, _ -> ([NodeTable.Recalled], any FuseNotifier)?? in
                if state.isStopping { return .some(nil) }
                guard let session = state.session, !state.waiting.isEmpty else { return nil }
                defer { state.waiting = [] }
                return (state.waiting, session)
            }
            guard let (wanted, session) = work else { return }
            var rest = wanted[...]
            while !rest.isEmpty, !guarded.withLock({ state, _ in state.isStopping }) {
                let batch = rest.prefix(batchMax)
                rest = rest.dropFirst(batch.count)
                if isPruning { isPruning = prune(batch, session) }
                if !isPruning { invalidate(batch, session) }
            }
        }
    }

    /// - Returns: false where the kernel has no such request (before Linux 6.18).
    private static func prune(
        _ batch: ArraySlice<NodeTable.Recalled>, _ session: any FuseNotifier
    ) -> Bool {
        do {
            try session.notifyPrune(nodes: batch.map(\.id.raw))
        } catch {
            return error != .invalid
        }
        return true
    }

    /// Not for folders: who stands in one would find that it has no path any more.
    private static func invalidate(
        _ batch: ArraySlice<NodeTable.Recalled>, _ session: any FuseNotifier
    ) {
        for file in batch where !file.isDirectory {
            try? session.notifyInvalidateEntry(
                parent: file.place.parent.raw, name: file.place.name)
        }
    }
}
