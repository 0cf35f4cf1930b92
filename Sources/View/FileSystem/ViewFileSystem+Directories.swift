public import Fuse

import Foresight
import Model
import Platform
import Synchronization

/// Folders. A handle reads a snapshot of the listing; offsets are places in it (``ListingSnapshot/offset(of:)``).
extension ViewFileSystem {
    public func openDirectory(_ request: FuseRequest, node: UInt64, flags: Int32) {
        let id = NodeID(raw: node)
        admit(request, .read, on: id) { [self] in openAdmitted(request, id) }
    }

    private func openAdmitted(_ request: FuseRequest, _ id: NodeID) {
        namespace.openDirectory(id) { [self] result in
            switch result {
            case .failure(let errno):
                if errno == .stale { doubt(errno, id) }
                request.reply(error: errno)
            case .success(let snapshot): answer(request, opened: id, snapshot)
            }
        }
        request.endsWhenCallerIsKilled()
    }

    private func answer(_ request: FuseRequest, opened id: NodeID, _ snapshot: ListingSnapshot) {
        let handle = newHandle()
        let (listing, isUnchanged) = namespace.table.withLock { table -> (Listing, Bool) in
            table.openFolders[id, default: 0] += 1
            let rights =
                configuration.isShared ? table[id].map { FileIdentity($0.attributes) } : nil
            // Of the moment in which it is decided whether the kernel's own will do: where that ends, this one goes on.
            let current = table.snapshot(of: id)
            let listing = Listing(snapshot: current ?? snapshot, rights: rights)
            guard let state = table[directory: id] else { return (listing, false) }
            defer { table[directory: id]?.versionInKernel = state.version }
            return (listing, current != nil && state.versionInKernel == state.version)
        }
        directoryHandles.withLock { $0[handle] = listing }
        let isEventual = configuration.consistency == .eventual
        let reply = FuseOpenReply(
            handle: handle, keepCache: isEventual && isUnchanged, cacheDirectory: isEventual)
        if !request.reply(open: reply) { closeDirectory(id, handle) }
    }

    private func closeDirectory(_ id: NodeID, _ handle: UInt64) {
        // Freed outside of the locks: it may be the last holder of a long listing.
        let listing = directoryHandles.withLock { $0.removeValue(forKey: handle) }
        guard listing != nil else { return }
        namespace.table.withLock { table in
            let left = table.openFolders[id].map { $0 - 1 } ?? 0
            table.openFolders[id] = left > 0 ? left : nil
            table.forgetFormersUnlessOpen(id)
        }
    }

    public func readDirectory(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int, plus: Bool
    ) {
        let id = NodeID(raw: node)
        let start = clock.monotonic
        switch snapshot(id, handle, from: offset) {
        case nil: request.reply(error: .badDescriptor)
        case .read(let known):
            answer(request, id, known, from: offset, size: size, plus: plus, since: start)
        case .listAgain(let old):
            namespace.openDirectory(id) { [self] result in
                var known = old
                switch result {
                case .success(let snapshot):
                    known = snapshot
                    directoryHandles.withLock { $0[handle]?.snapshot = snapshot }
                case .failure(let errno):
                    // Names that are older are none that are missing; but this view's own have to be there.
                    let ownChanges = namespace.table.withLock { $0[directory: id]?.ownChanges }
                    if let ownChanges, ownChanges != old.ownChanges {
                        request.reply(error: errno)
                        return
                    }
                }
                answer(request, id, known, from: offset, size: size, plus: plus, since: start)
            }
            request.endsWhenCallerIsKilled()
        }
    }

    private func answer(
        _ request: FuseRequest, _ id: NodeID, _ snapshot: ListingSnapshot,
        from offset: Int64, size: Int, plus: Bool, since start: Duration
    ) {
        var buffer = FuseDirectoryBuffer(capacity: size)
        // A place in a listing that nobody has any more: a name that comes twice is better than one that does not come.
        let position = snapshot.position(of: offset) ?? 0
        let retained = fill(&buffer, id, snapshot, from: position, plus: plus)
        record(
            request, .list, id.raw, offset: Int64(max(0, position - 2)),
            length: Int64(max(0, buffer.entries - max(0, 2 - position))),
            since: start)
        if !request.reply(directory: buffer) {
            for node in retained { forget(node: node.raw, count: 1) }
        }
    }

    private enum SnapshotStep {
        case read(ListingSnapshot)
        /// What is known of the folder was forgotten since.
        case listAgain(ListingSnapshot)
    }

    /// `rewinddir` shows what has come since, so offset 0 takes a new snapshot. An offset that is not in the handle's is one by
    /// which the kernel goes on where its own listing, which is of another handle's, has come to an end.
    private func snapshot(_ id: NodeID, _ handle: UInt64, from offset: Int64) -> SnapshotStep? {
        guard let known = directoryHandles.withLock({ $0[handle] }) else { return nil }
        let isRestarting = offset == 0
        guard isRestarting || known.snapshot.position(of: offset) == nil else {
            return .read(known.snapshot)
        }
        let (fresh, ownChanges, rights) = namespace.table.withLock { table in
            (
                isRestarting ? table.snapshot(of: id) : table.snapshot(of: id, with: offset),
                table[directory: id]?.ownChanges,
                known.rights.flatMap { _ in table[id].map { FileIdentity($0.attributes) } }
            )
        }
        // Who opened it under rights that have been taken back sees no newer names.
        if let old = known.rights, let rights, !rights.letsRead(atLeastAs: old) {
            return .read(known.snapshot)
        }
        guard isRestarting || fresh != nil else { return .read(known.snapshot) }
        let isCurrent = !known.isBeingRead && ownChanges == known.snapshot.ownChanges
        directoryHandles.withLock { handles in
            handles[handle]?.isBeingRead = true
            if let fresh { handles[handle]?.snapshot = fresh }
        }
        if let fresh { return .read(fresh) }
        return isCurrent ? .read(known.snapshot) : .listAgain(known.snapshot)
    }

    /// - Returns: the nodes whose lookup count went up.
    private func fill(
        _ buffer: inout FuseDirectoryBuffer, _ id: NodeID, _ snapshot: ListingSnapshot,
        from start: Int, plus: Bool
    ) -> [NodeID] {
        let now = clock.monotonic
        let entries = snapshot.entries
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
                        snapshot.offset(of: position + 1),
                        plus: plus)
                else { return [] }
                position += 1
            }
            var retained: [NodeID] = []
            while position - 2 < entries.count {
                let entry = entries[position - 2]
                position += 1
                let next = snapshot.offset(of: position)
                guard let child = table.shown(entry, in: id) else { continue }
                guard let node = table[child] else {
                    let bare = FileAttributes(inode: entry.inode, mode: UInt32(entry.type) << 12)
                    guard buffer.add(nameOnly: entry.name, bare, next, plus: plus) else {
                        return retained
                    }
                    continue
                }
                if plus {
                    table.prefer(Node.Place(parent: id, name: entry.name), of: child)
                    // Of what was just changed only the name is sure: the kernel asks for the rest.
                    guard !table.mustRevalidate(node) else {
                        guard buffer.add(nameOnly: entry.name, node.attributes, next, plus: plus)
                        else { return retained }
                        continue
                    }
                    let reply = shown(Namespace.entry(&table, child, at: now))
                    guard
                        buffer.addPlus(name: entry.name, entry: reply, nextOffset: next)
                    else { return retained }
                    table.retain(child)
                    retained.append(child)
                } else {
                    guard
                        buffer.add(
                            name: entry.name, inode: node.attributes.inode,
                            type: node.attributes.directoryEntryType, nextOffset: next)
                    else { return retained }
                }
            }
            return retained
        }
    }

    public func releaseDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64) {
        closeDirectory(NodeID(raw: node), handle)
        request.reply(error: nil)
    }
}

extension FuseDirectoryBuffer {
    fileprivate mutating func add(
        dots name: Name, _ attributes: FileAttributes?, _ nextOffset: Int64, plus: Bool
    ) -> Bool {
        add(
            nameOnly: name,
            attributes ?? FileAttributes(inode: 1, mode: FileKind.directory.rawValue), nextOffset,
            plus: plus)
    }

    /// A name of which the kernel is to ask when it wants more.
    fileprivate mutating func add(
        nameOnly name: Name, _ attributes: FileAttributes, _ nextOffset: Int64, plus: Bool
    ) -> Bool {
        guard plus else {
            return add(
                name: name, inode: attributes.inode, type: attributes.directoryEntryType,
                nextOffset: nextOffset)
        }
        let entry = FuseEntry(
            nodeID: 0, attributes: attributes, attributeTimeout: 0, entryTimeout: 0)
        return addPlus(name: name, entry: entry, nextOffset: nextOffset)
    }
}
