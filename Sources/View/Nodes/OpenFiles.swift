import Model
import Platform
import Share
import Synchronization
import Tiers

/// Files that are open for writing, by handle: as many as the kernel has such handles.
final class OpenFiles: Sendable {
    struct Entry: Sendable {
        var node: NodeID
        var handle: ShareHandle
    }

    private let entries = Mutex<[UInt64: Entry]>([:])

    func add(_ handle: ShareHandle, of node: NodeID, as number: UInt64) {
        entries.withLock { $0[number] = Entry(node: node, handle: handle) }
    }

    func remove(_ number: UInt64) -> ShareHandle? {
        entries.withLock { $0.removeValue(forKey: number)?.handle }
    }

    subscript(number: UInt64) -> ShareHandle? { entries.withLock { $0[number]?.handle } }

    /// Any open file of a node.
    func handle(of node: NodeID) -> ShareHandle? {
        entries.withLock { entries in entries.values.first { $0.node == node }?.handle }
    }

    /// Asks through whatever has the file open.
    ///
    /// - Parameter file: the version that is read, which may be open although no name leads to it.
    /// - Returns: false when nothing has; `completion` is not called.
    func attributes(
        of node: NodeID, file: CachedFile?, share: Share,
        completion: @escaping @Sendable (Result<FileAttributes, Errno>) -> Void
    ) -> Bool {
        if let handle = handle(of: node) {
            handle.perform(
                { (open) throws(Errno) in try open.attributes() }, completion: completion)
            return true
        }
        guard let source = file?.source, source.isPinned, source.isOpen else { return false }
        share.change(
            { (lane) throws(Errno) in try source.attributes(lane) }, completion: completion)
        return true
    }
}
