import Model
import Platform
import Synchronization

/// The nodes that the kernel knows: an `O_PATH` descriptor for each file, found by node id and by identity.
///
/// A file has one node whatever names it has, or one for each where names are numbered. While its descriptor is open its inode
/// number cannot be given to another file, so identity is device and inode number. Node ids are never used again.
final class Inodes: Sendable {
    static let root: UInt64 = 1

    private struct Identity: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
        /// In a folder of which no more is known: the name alone. nil where names do not count.
        var name: Name?

        init(_ attributes: FileAttributes, name: Name? = nil) {
            device = attributes.device
            inode = attributes.inode
            self.name = name
        }
    }

    private struct Node: Sendable {
        var descriptor: DescriptorReference
        var identity: Identity
        /// What the kernel has been told and has not forgotten.
        var lookups: UInt64
    }

    private struct State: Sendable {
        var nodes: [UInt64: Node] = [:]
        var ids: [Identity: UInt64] = [:]
        var lastID = Inodes.root
    }

    private let state: Mutex<State>
    private let numbersNames: Bool

    /// - Parameters:
    ///   - root: an `O_PATH` descriptor of the directory that is served.
    ///   - numbersNames: see ``ProtocolTraits/numbersNames``.
    init(root: consuming FileDescriptor, numbersNames: Bool) throws(Errno) {
        self.numbersNames = numbersNames
        let descriptor = DescriptorReference(root)
        let identity = Identity(try FileCalls.attributes(of: descriptor.rawValue))
        var initial = State()
        initial.nodes[Self.root] = Node(descriptor: descriptor, identity: identity, lookups: 1)
        initial.ids[identity] = Self.root
        state = Mutex(initial)
    }

    /// The descriptor of a node, valid while it is referenced.
    ///
    /// - Throws: `ESTALE` for an id that the kernel should not have.
    func descriptor(of id: UInt64) throws(Errno) -> DescriptorReference {
        guard let node = state.withLock({ $0.nodes[id]?.descriptor }) else { throw .stale }
        return node
    }

    /// The id of a file that the kernel is about to be told of, with one lookup added.
    ///
    /// - Parameter name: by which it was asked for.
    func remember(
        _ descriptor: consuming FileDescriptor, _ attributes: FileAttributes, as name: Name
    ) -> UInt64 {
        let identity = Identity(attributes, name: numbersNames ? name : nil)
        // Closed after the lock is given up, when the file has a node already.
        let fresh = DescriptorReference(descriptor)
        return state.withLock { state in
            if let id = state.ids[identity] {
                state.nodes[id]?.lookups += 1
                return id
            }
            state.lastID += 1
            state.nodes[state.lastID] = Node(descriptor: fresh, identity: identity, lookups: 1)
            state.ids[identity] = state.lastID
            return state.lastID
        }
    }

    /// The ids of a file, none where the kernel has not been told of it. Where names are numbered they are looked for among all.
    func ids(of attributes: FileAttributes) -> [UInt64] {
        let wanted = Identity(attributes)
        return state.withLock { state in
            guard numbersNames else { return state.ids[wanted].map { [$0] } ?? [] }
            return state.ids.filter {
                $0.key.device == wanted.device && $0.key.inode == wanted.inode
            }.map(\.value)
        }
    }

    func forget(_ id: UInt64, count: UInt64) {
        guard id != Self.root else { return }
        let dropped = state.withLock { state -> DescriptorReference? in
            guard var node = state.nodes[id] else { return nil }
            node.lookups -= min(count, node.lookups)
            guard node.lookups == 0 else {
                state.nodes[id] = node
                return nil
            }
            state.nodes[id] = nil
            state.ids[node.identity] = nil
            return node.descriptor
        }
        // Closed here, outside of the lock.
        _ = dropped
    }

    /// Nodes in the table.
    var count: Int { state.withLock { $0.nodes.count } }
}
