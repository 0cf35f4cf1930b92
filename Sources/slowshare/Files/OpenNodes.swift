import Model
import Platform
import Synchronization

/// Which nodes clients have open, and the names under which those that were deleted meanwhile wait for their last close.
///
/// The kernel tells of the end of an open file behind the answer to `close(2)`, on whatever thread comes to it: so one whose last
/// operation was the flush that `close` sends may have been closed already.
final class OpenNodes: Sendable {
    /// A name that goes with the last one who has its file open.
    struct HiddenName: Sendable {
        var folder: DescriptorReference
        var name: Name
    }

    private struct Node: Sendable {
        /// By handle: whether it was flushed last.
        var handles: [UInt64: Bool] = [:]
        var hiddenNames: [HiddenName] = []
        /// Closed, which has not been noticed yet.
        var releasing: Set<UInt64> = []
    }

    private struct State: Sendable {
        var nodes: [UInt64: Node] = [:]
        var lastHidden: UInt64 = 0
    }

    private let state = Mutex(State())

    func opened(_ node: UInt64, _ handle: UInt64) {
        state.withLock { $0.nodes[node, default: Node()].handles[handle] = false }
    }

    func used(_ node: UInt64, _ handle: UInt64, isFlush: Bool = false) {
        state.withLock { state in
            guard state.nodes[node]?.handles[handle] != nil else { return }
            state.nodes[node]?.handles[handle] = isFlush
        }
    }

    /// A handle was closed, which ``closed(_:_:)`` will notice.
    func releasing(_ node: UInt64, _ handle: UInt64) {
        state.withLock { _ = $0.nodes[node]?.releasing.insert(handle) }
    }

    /// Handles that were closed, which has not been noticed.
    var allReleasing: [(node: UInt64, handle: UInt64)] {
        state.withLock { state in
            state.nodes.flatMap { number, node in
                node.releasing.filter { node.handles[$0] != nil }.map { (number, $0) }
            }
        }
    }

    /// Whether nothing keeps this node open but closes that have not been noticed.
    func isOnlyReleasing(_ node: UInt64) -> Bool {
        state.withLock { state in
            guard let node = state.nodes[node] else { return false }
            return node.releasing.isSuperset(of: node.handles.keys)
        }
    }

    /// - Returns: names to be taken away now.
    func closed(_ node: UInt64, _ handle: UInt64) -> [HiddenName] {
        state.withLock { state in
            state.nodes[node]?.handles[handle] = nil
            guard state.nodes[node]?.handles.isEmpty == true else { return [] }
            return state.nodes.removeValue(forKey: node)?.hiddenNames ?? []
        }
    }

    /// All that are open.
    var all: [UInt64] { state.withLock { Array($0.nodes.keys) } }

    func isOpen(_ node: UInt64) -> Bool { state.withLock { $0.nodes[node] != nil } }

    /// Whether nothing but handles that were flushed last keeps this node open.
    func mayBeClosing(_ node: UInt64) -> Bool {
        state.withLock { $0.nodes[node]?.handles.values.allSatisfy { $0 } ?? false }
    }

    /// A name that no other file is given.
    func newHiddenName() -> Name {
        state.withLock { state in
            state.lastHidden += 1
            let digits = String(state.lastHidden, radix: 16)
            return Name(".nfs" + String(repeating: "0", count: 24 - digits.count) + digits)
        }
    }

    func hid(_ node: UInt64, as hidden: HiddenName) {
        state.withLock { $0.nodes[node]?.hiddenNames.append(hidden) }
    }

    func isHidden(_ node: UInt64) -> Bool {
        state.withLock { $0.nodes[node]?.hiddenNames.isEmpty == false }
    }
}
