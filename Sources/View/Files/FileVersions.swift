import Model
import Platform
import Share
import Synchronization
import Tiers

/// Which version of a file is read: that which its node's attributes tell of, made at the first read; what is written, or has no
/// name, as it is on the share now. Threads: any; takes the node table's lock, and waits for nothing.
final class FileVersions: Sendable {
    private let namespace: Namespace
    private let cache: ChunkCache
    private let share: Share
    private let shareIdentity: ObjectKey
    private let consistency: Consistency
    private let isShared: Bool
    private let clock: any LarderClock

    /// - Parameters:
    ///   - shareIdentity: tells this share's objects from others' in one cache.
    ///   - isShared: others than the view's owner use it, so that what is opened for one of them is held against what he was let in to.
    init(
        namespace: Namespace, cache: ChunkCache, share: Share, shareIdentity: ObjectKey,
        consistency: Consistency, isShared: Bool, clock: any LarderClock
    ) {
        self.namespace = namespace
        self.cache = cache
        self.share = share
        self.shareIdentity = shareIdentity
        self.consistency = consistency
        self.isShared = isShared
        self.clock = clock
    }

    /// The version of a node that is known, if any is.
    func known(_ id: NodeID) -> CachedFile? {
        namespace.table.withLock { $0[id]?.file }
    }

    /// The version of a node that is read now; made from its attributes on the first read. nil for a node that is no file any more.
    func current(_ id: NodeID) -> CachedFile? {
        let known = namespace.table.withLock {
            table -> (Node, RelativePath?, isInDoubt: Bool)? in
            guard table.isKnown(id), let node = table[id] else { return nil }
            return (node, table.path(of: id), table.inDoubt.contains(id))
        }
        guard let (node, path, isInDoubt) = known else { return nil }
        if node.attributesAreStale || path == nil || isInDoubt { return live(id) }
        let (file, attributes) = (node.file, node.attributes)
        let seenFor = node.seenFor(at: clock.monotonic)
        // While the share cannot be reached there is nothing else to be read.
        if let file,
            !hasOutlivedItsRace(file, seenFor: seenFor) || !share.scheduler.isReachable
        {
            return file
        }
        guard let path, attributes.isRegular else { return file }
        let identity = ObjectIdentity.make(
            share: shareIdentity, path: path,
            fingerprint: Fingerprint(attributes, consistency: consistency),
            anchor: isShared ? anchor(FileIdentity(attributes)) : nil,
            now: clock.wall, seenFor: seenFor)
        // Read anew, it is opened anew: the name may be another file's by now, and whoever opens it waits for that.
        if let file { share.forget(file.source) }
        let fresh = cache.file(identity, instead: file)
        return choose(fresh, instead: file, of: id, asOf: attributes) ?? live(id)
    }

    /// Two first reads may race; the one who came second takes the other's.
    private func choose(
        _ fresh: CachedFile, instead file: CachedFile?, of id: NodeID,
        asOf attributes: FileAttributes
    ) -> CachedFile? {
        var effects = NodeTable.Effects()
        let chosen = namespace.table.withLock { table -> CachedFile? in
            guard table.isKnown(id), let node = table[id] else { return nil }
            if let current = node.file, current !== file { return current }
            // Written to since: what the share holds is not this version any more.
            if node.attributesAreStale { return nil }
            guard node.attributes == attributes else { return fresh }
            if file != nil { table.beginVersion(id) }
            table[id]?.file = fresh
            // What was in memory of it leaves as it is not used; until then it may be all that is left, see `goesOn`.
            if file != nil { effects.notices.append(.inode(id)) }
            return fresh
        }
        namespace.apply(effects)
        return chosen
    }

    /// A file that is being written, or has no name: read as it is on the share now.
    private func live(_ id: NodeID) -> CachedFile? {
        let handle = namespace.openFiles.handle(of: id)
        return namespace.table.withLock { table in
            guard table[id]?.attributes.isRegular == true else { return nil }
            // Also of one whose name is another's by now: on some shares its descriptor leads there.
            let anchor =
                table.isShared ? anchor(table[id].map { FileIdentity($0.attributes) }) : nil
            return table.liveFile(id) { path, size, source in
                if path == nil, source == nil, handle == nil { return nil }
                return cache.liveFile(
                    path ?? RelativePath([Name("unnamed")]), size: size, anchor: anchor,
                    source: source, handle: handle)
            }
        }
    }

    /// What a descriptor that is read must be of; nil where nothing is held against it.
    func anchor(_ identity: FileIdentity?) -> ObjectAnchor? {
        identity.map { ObjectAnchor($0, inodesLast: share.nature.inodesLast) }
    }

    /// A version that was racily fresh when it was first read may have changed since without its time moving:
    /// once it cannot any more, it is read anew.
    private func hasOutlivedItsRace(_ file: CachedFile, seenFor: Duration) -> Bool {
        !file.identity.isPersistent
            && file.identity.fingerprint.isSettled(asOf: clock.wall, seenFor: seenFor)
    }

    // MARK: - Other versions

    /// The share has another version than was asked for: looks what it is, then goes on.
    func next(of id: NodeID, instead old: CachedFile, then: @escaping @Sendable () -> Void) {
        namespace.attributes(of: id, fresh: true) { [namespace, cache] _ in
            // The same fingerprint again means that it changed between two looks, or a racy time:
            // start over with a version of its own.
            let isOld = namespace.change { table, now, effects -> Bool in
                guard table.isKnown(id), table[id]?.file === old else { return false }
                table.beginVersion(id)
                table[id]?.seenAt = CoarseTime(now)
                // The kernel may have pages of either.
                effects.notices.append(.inode(id))
                return true
            }
            if isOld {
                if old.isLive {
                    cache.supersede(old, keepsSource: true)
                } else {
                    cache.drop(old)
                }
            }
            then()
        }
    }

    /// What was about to be read anew, only because it was young when it was read first, has lost its name meanwhile: who has
    /// it open goes on with what is in memory of it.
    func goesOn(with file: CachedFile, of id: NodeID) -> Bool {
        namespace.table.withLock { table in
            guard let node = table[id], node.isDetached, node.file == nil else { return false }
            table[id]?.file = file
            return true
        }
    }

    /// What was to be read anew, only because it was young when it was read first, cannot be: what is in memory of it is
    /// what is known of the file.
    ///
    /// - Returns: what was read then; nil where it is not so.
    func goesBack(from fresh: CachedFile, of id: NodeID) -> CachedFile? {
        guard let former = fresh.former else { return nil }
        let (isCurrent, isFirst) = namespace.table.withLock { table in
            // Seen to have changed since, it is not what is known of the file any more.
            guard let node = table[id], node.file === fresh else {
                return (table[id]?.file === former, false)
            }
            table.beginVersion(id)
            table[id]?.file = former
            return (true, true)
        }
        if isFirst { share.forget(fresh.source) }
        return isCurrent ? former : nil
    }
}
