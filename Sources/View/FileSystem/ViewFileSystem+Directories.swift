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
        let opened = nodes.openedFolder(id)
        let rights = configuration.isShared ? opened.attributes.map { FileIdentity($0) } : nil
        // Of the moment in which it is decided whether the kernel's own will do: where that ends, this one goes on.
        let listing = Listing(snapshot: opened.snapshot ?? snapshot, rights: rights)
        directoryHandles.withLock { $0[handle] = listing }
        let isEventual = configuration.consistency == .eventual
        let reply = FuseOpenReply(
            handle: handle, keepCache: isEventual && opened.isInKernel, cacheDirectory: isEventual)
        if !request.reply(open: reply) { closeDirectory(id, handle) }
    }

    private func closeDirectory(_ id: NodeID, _ handle: UInt64) {
        // Freed outside of the locks: it may be the last holder of a long listing.
        let listing = directoryHandles.withLock { $0.removeValue(forKey: handle) }
        if listing != nil { nodes.closedFolder(id) }
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
                    if let ownChanges = nodes.ownChanges(of: id), ownChanges != old.ownChanges {
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
        let (fresh, ownChanges, attributes) = nodes.snapshot(
            of: id, with: isRestarting ? nil : offset)
        // Who opened it under rights that have been taken back sees no newer names.
        if let old = known.rights, let attributes,
            !FileIdentity(attributes).letsRead(atLeastAs: old)
        {
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
        nodes.list(snapshot, of: id, from: start, plus: plus) { entry, next in
            switch entry {
            case .nameOnly(let name, let attributes):
                buffer.add(nameOnly: name, attributes, next, plus: plus)
            case .full(let name, let entry):
                buffer.addPlus(name: name, entry: shown(entry), nextOffset: next)
            }
        }
    }

    public func releaseDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64) {
        closeDirectory(NodeID(raw: node), handle)
        request.reply(error: nil)
    }
}

extension FuseDirectoryBuffer {
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
