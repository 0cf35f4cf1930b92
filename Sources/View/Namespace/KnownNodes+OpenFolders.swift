import Fuse
import Model
import Platform
import Synchronization

/// Folders that the kernel has open.
extension KnownNodes {
    /// What a handle of a folder begins with.
    struct OpenedFolder {
        /// nil where the folder is not listed any more.
        var snapshot: ListingSnapshot?
        var attributes: FileAttributes?
        /// The kernel's own copy of the listing is this one.
        var isInKernel: Bool
    }

    /// A handle was opened.
    func openedFolder(_ id: NodeID) -> OpenedFolder {
        table.withLock { table in
            table.openFolders[id, default: 0] += 1
            var opened = OpenedFolder(
                snapshot: table.snapshot(of: id), attributes: table[id]?.attributes,
                isInKernel: false)
            guard let state = table[directory: id] else { return opened }
            opened.isInKernel = opened.snapshot != nil && state.versionInKernel == state.version
            table[directory: id]?.versionInKernel = state.version
            return opened
        }
    }

    func closedFolder(_ id: NodeID) {
        table.withLock { table in
            let left = table.openFolders[id].map { $0 - 1 } ?? 0
            table.openFolders[id] = left > 0 ? left : nil
            table.forgetFormersUnlessOpen(id)
        }
    }

    /// How often the folder was changed through the view.
    func ownChanges(of id: NodeID) -> UInt64? { table.withLock { $0[directory: id]?.ownChanges } }

    /// A folder's listing as it is now, or the one in which an offset is a place.
    func snapshot(
        of id: NodeID, with offset: Int64?
    ) -> (snapshot: ListingSnapshot?, ownChanges: UInt64?, attributes: FileAttributes?) {
        table.withLock { table in
            (
                offset.map { table.snapshot(of: id, with: $0) } ?? table.snapshot(of: id),
                table[directory: id]?.ownChanges, table[id]?.attributes
            )
        }
    }

    /// What the kernel is told of a name in a listing.
    enum ListedEntry {
        /// Only its name and what kind it is: the kernel asks for the rest when it wants it.
        case nameOnly(Name, FileAttributes)
        /// All that is known. Counted as a lookup.
        case full(Name, FuseEntry)
    }

    /// Tells of the entries of a listing one after the other, "." and ".." first, until there is no more room.
    ///
    /// - Parameters:
    ///   - start: as ``ListingSnapshot/position(of:)``.
    ///   - plus: with attributes.
    ///   - add: given the offset of the next one, too; false where there was no room. Called under the table's lock.
    /// - Returns: the nodes whose lookup count went up.
    func list(
        _ snapshot: ListingSnapshot, of id: NodeID, from start: Int, plus: Bool,
        add: (ListedEntry, Int64) -> Bool
    ) -> [NodeID] {
        let now = now
        let entries = snapshot.entries
        var position = start
        return table.withLock { table in
            while position < 2 {
                let isSelf = position == 0
                let target = isSelf ? id : table[id]?.place.parent ?? .root
                let bare = FileAttributes(inode: 1, mode: FileKind.directory.rawValue)
                let dots = ListedEntry.nameOnly(
                    isSelf ? "." : "..", table[target]?.attributes ?? bare)
                guard add(dots, snapshot.offset(of: position + 1)) else { return [] }
                position += 1
            }
            var retained: [NodeID] = []
            while position - 2 < entries.count {
                let entry = entries[position - 2]
                position += 1
                let next = snapshot.offset(of: position)
                guard let child = table.shown(entry, in: id) else { continue }
                guard let node = table[child] else {
                    let bare = FileAttributes(
                        inode: entry.inode, mode: UInt32(entry.type) << 12)
                    guard add(.nameOnly(entry.name, bare), next) else { break }
                    continue
                }
                if plus { table.prefer(Node.Place(parent: id, name: entry.name), of: child) }
                // Of what was just changed only the name is sure.
                guard plus, !table.mustRevalidate(node) else {
                    guard add(.nameOnly(entry.name, node.attributes), next) else { break }
                    continue
                }
                let full = Self.entry(&table, child, at: now)
                guard add(.full(entry.name, full), next) else { break }
                table.retain(child)
                retained.append(child)
            }
            return retained
        }
    }
}
