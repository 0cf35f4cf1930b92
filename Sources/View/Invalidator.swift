import Fuse
import Synchronization

/// Tells the kernel what it must forget.
final class Invalidator: Sendable {
    private let notices = NoticeQueue(name: "invalidator")
    /// For who is answered only after it. The kernel keeps the pages of a write locked until that is answered, and a notice of
    /// the written file, which may stand in the other queue at any time, waits for them.
    private let aliases = NoticeQueue(name: "alias-drop")
    private let recall = ReferenceRecall()
    private let kernelHasRoot = Atomic(false)

    /// Whether the kernel has taken attributes of the root, which it asks for by themselves: other nodes come to it with theirs. A
    /// notice before that would make it ignore them, and with no mode at all refuse whoever comes first.
    var isRootKnown: Bool { kernelHasRoot.load(ordering: .relaxed) }

    /// Tells that the kernel asks for something that only who may use the root gets: it has its mode.
    func noteRootIsKnown() {
        guard !isRootKnown else { return }
        kernelHasRoot.store(true, ordering: .relaxed)
    }

    /// Notices wait until there is a session to send them through.
    func attach(_ session: any FuseNotifier) {
        recall.attach(session)
        for queue in [notices, aliases] { queue.attach(session) }
    }

    func add(_ wanted: [NodeTable.Effects.Notice]) {
        notices.add(
            isRootKnown
                ? wanted : wanted.filter { $0 != .inode(.root) && $0 != .attributes(.root) })
    }

    /// Asks the kernel to give up what no program uses.
    func recall(_ wanted: [NodeTable.Recalled]) { recall.add(wanted) }

    /// Calls `body`, which must not wait, when the kernel has taken what was added before; or never, when the view ends first.
    /// Not for the answer of an operation that changes a file.
    func whenSent(_ body: @escaping @Sendable () -> Void) { notices.whenSent(body) }

    /// Makes the kernel ask for the attributes of nodes again, whatever it is doing with them: before what is dropped next.
    func distrust(_ nodes: [NodeID]) { aliases.add(nodes.map { .attributes($0) }) }

    /// Makes the kernel write out and drop these bytes of nodes, and then calls `body`, which must not wait; or never, when the
    /// view ends first. None of them may be part of a change that is answered only by such a call itself.
    func drop(
        _ bytes: Range<Int64>, of nodes: [NodeID], then body: @escaping @Sendable () -> Void
    ) {
        aliases.add(nodes.map { .pages($0, bytes) })
        aliases.whenSent(body)
    }

    func stop() {
        recall.stop()
        for queue in [notices, aliases] { queue.stop() }
    }
}
