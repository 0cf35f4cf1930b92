public import Fuse

import Foresight
import Model
import Platform
import Synchronization

/// Folders. A handle reads a snapshot of the listing; offsets are positions in it, behind `.` and `..`.
extension ViewFileSystem {
    public func openDirectory(_ request: FuseRequest, node: UInt64, flags: Int32) {
        let id = NodeID(raw: node)
        admit(request, .read, on: id) { [self] in openAdmitted(request, id) }
    }

    private func openAdmitted(_ request: FuseRequest, _ id: NodeID) {
        namespace.openDirectory(id) { [self] result in
            if case .failure(let errno) = result {
                if errno == .stale { doubt(errno, id) }
                request.reply(error: errno)
                return
            }
            let handle = newHandle()
            let isUnchanged = namespace.table.withLock { table -> Bool in
                guard let state = table[directory: id] else { return false }
                defer { table[directory: id]?.versionInKernel = state.version }
                return state.versionInKernel == state.version
            }
            directoryHandles.withLock { $0[handle] = listing(of: id) }
            let isEventual = configuration.consistency == .eventual
            let reply = FuseOpenReply(
                handle: handle, keepCache: isEventual && isUnchanged, cacheDirectory: isEventual)
            if !request.reply(open: reply) { directoryHandles.withLock { $0[handle] = nil } }
        }
        request.endsWhenCallerIsKilled()
    }

    public func readDirectory(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int, plus: Bool
    ) {
        let id = NodeID(raw: node)
        let start = clock.monotonic
        guard let entries = snapshot(id, handle, restarting: offset == 0) else {
            request.reply(error: .badDescriptor)
            return
        }
        var buffer = FuseDirectoryBuffer(capacity: size)
        let retained = fill(&buffer, id, entries, from: Int(clamping: offset), plus: plus)
        record(
            request, .list, node, offset: max(0, offset - 2),
            length: max(0, Int64(buffer.entries) - max(0, 2 - offset)),
            since: start)
        if !request.reply(directory: buffer) {
            for node in retained { forget(node: node.raw, count: 1) }
        }
    }

    /// `rewinddir` shows what has come since, so offset 0 takes a new snapshot.
    private func snapshot(
        _ id: NodeID, _ handle: UInt64, restarting: Bool
    ) -> [DirectoryState.Entry]? {
        let known = directoryHandles.withLock { $0[handle] }
        guard let known else { return nil }
        let (fresh, rights) = namespace.table.withLock { table in
            (
                known.entries == nil || restarting ? table[directory: id]?.order : nil,
                known.rights.flatMap { _ in table[id].map { FileIdentity($0.attributes) } }
            )
        }
        if let entries = known.entries {
            // Who opened it under rights that have been taken back sees no newer names.
            let isNarrower =
                known.rights.flatMap { old in rights.map { !$0.letsRead(atLeastAs: old) } } ?? false
            if !restarting || isNarrower { return entries }
        }
        let entries = fresh ?? []
        directoryHandles.withLock { $0[handle]?.entries = entries }
        return entries
    }

    /// What a handle begins with: in a view that several share, the names of now.
    private func listing(of id: NodeID) -> Listing {
        guard configuration.isShared else { return Listing() }
        return namespace.table.withLock { table in
            Listing(
                entries: table[directory: id]?.order,
                rights: table[id].map { FileIdentity($0.attributes) })
        }
    }

    /// - Returns: the nodes whose lookup count went up.
    private func fill(
        _ buffer: inout FuseDirectoryBuffer, _ id: NodeID, _ entries: [DirectoryState.Entry],
        from start: Int, plus: Bool
    ) -> [NodeID] {
        let now = clock.monotonic
        var position = start
        // Only memory is touched under the lock.
        return namespace.table.withLock { table -> [NodeID] in
            while position < 2 {
                let isSelf = position == 0
                let target = isSelf ? id : table[id]?.place.parent ?? .root
                guard
                    buffer.add(
                        dots: isSelf ? "." : "..",
                        table[target].map { configuration.shownOwner($0.attributes) },
                        position + 1,
                        plus: plus)
                else { return [] }
                position += 1
            }
            var retained: [NodeID] = []
            while position - 2 < entries.count {
                let entry = entries[position - 2]
                position += 1
                // By name: since the listing another file may have taken it; or it is gone.
                guard let child = table[directory: id]?.children[entry.name],
                    let node = table[child]
                else {
                    guard let bare = table[directory: id]?.nameOnly[entry.name] else { continue }
                    guard buffer.add(nameOnly: entry.name, bare, position, plus: plus) else {
                        return retained
                    }
                    continue
                }
                if plus {
                    // Of what was just changed only the name is sure: the kernel asks for the rest.
                    let reply =
                        node.isDirty
                        ? FuseEntry(
                            nodeID: 0, attributes: node.attributes, attributeTimeout: 0,
                            entryTimeout: 0)
                        : shown(Namespace.entry(table, child, at: now))
                    guard
                        buffer.addPlus(name: entry.name, entry: reply, nextOffset: Int64(position))
                    else { return retained }
                    guard !node.isDirty else { continue }
                    table.retain(child)
                    retained.append(child)
                } else {
                    guard
                        buffer.add(
                            name: entry.name, inode: node.attributes.inode,
                            type: node.attributes.directoryEntryType, nextOffset: Int64(position))
                    else { return retained }
                }
            }
            return retained
        }
    }

    public func releaseDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64) {
        directoryHandles.withLock { $0[handle] = nil }
        request.reply(error: nil)
    }
}

extension FuseDirectoryBuffer {
    fileprivate mutating func add(
        dots name: Name, _ attributes: FileAttributes?, _ nextOffset: Int, plus: Bool
    ) -> Bool {
        add(
            nameOnly: name,
            attributes ?? FileAttributes(inode: 1, mode: FileKind.directory.rawValue), nextOffset,
            plus: plus)
    }

    /// A name of which the kernel is to ask when it wants more.
    fileprivate mutating func add(
        nameOnly name: Name, _ attributes: FileAttributes, _ nextOffset: Int, plus: Bool
    ) -> Bool {
        guard plus else {
            return add(
                name: name, inode: attributes.inode, type: attributes.directoryEntryType,
                nextOffset: Int64(nextOffset))
        }
        let entry = FuseEntry(
            nodeID: 0, attributes: attributes, attributeTimeout: 0, entryTimeout: 0)
        return addPlus(name: name, entry: entry, nextOffset: Int64(nextOffset))
    }
}
