import Model
import Platform
import Share
import Synchronization
import Tiers

/// Files that are open for writing, by handle: as many as the kernel has such handles.
final class OpenFiles: Sendable {
    struct Entry: Sendable {
        var node: NodeID
        var user: UInt32
        var handle: ShareHandle

        /// Whether it has a file open that is known so.
        func isOpen(as found: FileAttributes) -> Bool {
            handle.wasOpened(as: found) ?? (user == found.userID)
        }
    }

    private struct State: Sendable {
        var entries: [UInt64: Entry] = [:]
        var numbers: [NodeID: Set<UInt64>] = [:]
        /// How many entries each handle stands in for.
        var users: [ObjectIdentifier: Int] = [:]
    }

    /// From so many descriptors on, a user's further opens of a node share one with an earlier one.
    static let descriptorsPerNodeMax = 16

    private let state = Mutex(State())

    func add(_ handle: ShareHandle, of node: NodeID, for user: UInt32, as number: UInt64) {
        state.withLock { state in
            state.entries[number] = Entry(node: node, user: user, handle: handle)
            state.users[ObjectIdentifier(handle), default: 0] += 1
            state.numbers[node, default: []].insert(number)
        }
    }

    /// - Returns: what was open, and whether another entry has it open too.
    func remove(_ number: UInt64) -> (handle: ShareHandle, isUsed: Bool)? {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: number) else { return nil }
            let key = ObjectIdentifier(entry.handle)
            let left = (state.users[key] ?? 1) - 1
            state.users[key] = left > 0 ? left : nil
            state.numbers[entry.node]?.remove(number)
            if state.numbers[entry.node]?.isEmpty == true { state.numbers[entry.node] = nil }
            return (entry.handle, left > 0)
        }
    }

    subscript(number: UInt64) -> ShareHandle? { state.withLock { $0.entries[number]?.handle } }

    /// Any open file of a node.
    func handle(of node: NodeID) -> ShareHandle? {
        state.withLock { state in
            state.numbers[node]?.first.flatMap { state.entries[$0]?.handle }
        }
    }

    /// Whether anybody has this very file open for writing: who writes need not be who opened it.
    ///
    /// - Parameter found: as the file is known now, where a node may be another file's by now than was opened; else nil.
    func isOpenToWrite(_ node: NodeID, as found: FileAttributes?) -> Bool {
        state.withLock { state in
            state.numbers[node]?.contains {
                guard let entry = state.entries[$0], entry.handle.isWritable else { return false }
                guard let found else { return true }
                return entry.isOpen(as: found)
            } ?? false
        }
    }

    /// A node's file was given to somebody else through the view: who has it open goes on to have that one open.
    ///
    /// - Parameters:
    ///   - before: as it was known; what is open as another file stays so.
    ///   - found: as it is now.
    func gave(_ node: NodeID, from before: FileAttributes, as found: FileAttributes) {
        state.withLock { state in
            for number in state.numbers[node] ?? [] {
                guard let entry = state.entries[number], entry.isOpen(as: before) else { continue }
                entry.handle.wasGiven(as: found)
            }
        }
    }

    /// An open file that another open of the same node, with the same flags and by the same user, may stand in for; nil
    /// while there are few of them.
    func twin(of node: NodeID, _ flags: OpenFlags, for user: UInt32) -> ShareHandle? {
        // What each of these does to a file depends on the descriptor.
        guard flags.isDisjoint(with: [.append, .synchronous, .dataSynchronous]) else { return nil }
        return state.withLock { state in
            guard let numbers = state.numbers[node], numbers.count >= Self.descriptorsPerNodeMax
            else { return nil }
            var seen = 0
            // The first few that come: with thousands of opens nearly all are alike.
            for number in numbers.prefix(4 * Self.descriptorsPerNodeMax) {
                guard let entry = state.entries[number], entry.user == user,
                    entry.handle.flags.subtracting(.truncate) == flags.subtracting(.truncate)
                else { continue }
                seen += 1
                if seen == Self.descriptorsPerNodeMax { return entry.handle }
            }
            return nil
        }
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
        guard let source = file?.source, source.isUnversioned, source.isOpen else { return false }
        share.change(
            { (lane) throws(Errno) in try source.attributes(lane) }, completion: completion)
        return true
    }
}
