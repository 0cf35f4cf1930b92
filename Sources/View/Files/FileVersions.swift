import Model
import Platform
import Share
import Tiers

/// Which version of a file is read: that which its node's attributes tell of, made at the first read; what is written, or has no
/// name, as it is on the share now. Threads: any; takes the node table's lock, and waits for nothing.
final class FileVersions: Sendable {
    private let namespace: Namespace
    private let nodes: KnownNodes
    private let cache: ChunkCache
    private let share: Share
    private let shareIdentity: ObjectKey
    private let rules: ContentRules
    private let consistency: Consistency
    private let isShared: Bool
    private let clock: any LarderClock

    /// - Parameters:
    ///   - rules: give each file's content type and chunk size.
    ///   - shareIdentity: tells this share's objects from others' in one cache.
    ///   - isShared: others than the view's owner use it, so that what is opened for one of them is held against what he was let in to.
    init(
        namespace: Namespace, cache: ChunkCache, share: Share, shareIdentity: ObjectKey,
        rules: ContentRules = .usual, consistency: Consistency, isShared: Bool,
        clock: any LarderClock
    ) {
        self.namespace = namespace
        nodes = namespace.nodes
        self.cache = cache
        self.share = share
        self.shareIdentity = shareIdentity
        self.rules = rules
        self.consistency = consistency
        self.isShared = isShared
        self.clock = clock
    }

    /// The version of a node that is known, if any is.
    func known(_ id: NodeID) -> CachedFile? {
        nodes.version(of: id)
    }

    /// The version of a node that is read now; made from its attributes on the first read. nil for a node that is no file any more.
    func current(_ id: NodeID) -> CachedFile? {
        file(next(id), of: id)
    }

    private func file(_ next: Next, of id: NodeID) -> CachedFile? {
        switch next {
        case .none: nil
        case .live: live(id)
        case .known(let file): file
        case .new(let version): choose(version.identity, version, of: id)
        }
    }

    /// As ``current(_:)``, for who has not read the file yet: what is stored of it in chunks of another size than it would get
    /// today is found.
    ///
    /// - Parameter completion: called once; at once where nothing is stored in other sizes.
    func find(_ id: NodeID, completion: @escaping @Sendable (CachedFile?) -> Void) {
        let next = next(id)
        guard case .new(let version) = next else { return completion(file(next, of: id)) }
        cache.findStored(version.identity, resized: version.resized) { [self] stored in
            completion(choose(stored, version, of: id))
        }
    }

    /// Where a file that nobody has read yet is opened for more than reading: enters the version that is stored in chunks of
    /// another size, if one is.
    ///
    /// - Parameter then: called once; at once where nothing is stored in other sizes.
    func prepare(_ id: NodeID, then: @escaping @Sendable () -> Void) {
        guard case .new(let version) = next(id) else { return then() }
        cache.findStored(version.identity, resized: version.resized) { [self] stored in
            if stored != version.identity { _ = choose(stored, version, of: id) }
            then()
        }
    }

    /// What a file is to be read as.
    private enum Next {
        case none
        /// As it is on the share now.
        case live
        case known(CachedFile)
        case new(Version)
    }

    /// A version that nobody has read.
    private struct Version: Sendable {
        var identity: ObjectIdentity
        /// Gives the same with another chunk size.
        var resized: @Sendable (Int) -> ObjectIdentity
        /// Of which it is made.
        var attributes: FileAttributes
        /// The one before it.
        var former: CachedFile?
    }

    private func next(_ id: NodeID) -> Next {
        guard let known = nodes.reading(of: id) else { return .none }
        let (node, path) = (known.node, known.path)
        if node.attributesAreStale || path == nil || known.isInDoubt { return .live }
        let (file, attributes) = (node.file, node.attributes)
        let seenFor = node.seenFor(at: clock.monotonic)
        // While the share cannot be reached there is nothing else to be read.
        if let file,
            !hasOutlivedItsRace(file, seenFor: seenFor) || !share.scheduler.isReachable
        {
            return .known(file)
        }
        guard let path, attributes.isRegular else { return file.map { .known($0) } ?? .none }
        return .new(version(at: path, attributes, seenFor: seenFor, former: file))
    }

    /// Of what was found at a path.
    private func version(
        at path: RelativePath, _ attributes: FileAttributes, seenFor: Duration,
        former: CachedFile?
    ) -> Version {
        let anchor = isShared ? anchor(FileIdentity(attributes)) : nil
        let make = {
            @Sendable [shareIdentity, consistency, rules, now = clock.wall] (chunkSize: Int?) in
            ObjectIdentity.make(
                share: shareIdentity, path: path,
                fingerprint: Fingerprint(attributes, consistency: consistency), rules: rules,
                chunkSize: chunkSize, anchor: anchor, now: now, seenFor: seenFor)
        }
        return Version(
            identity: make(nil), resized: { make($0) }, attributes: attributes, former: former)
    }

    /// The version that the share has just shown at a path, for whoever brings it into the tiers: nothing that the node table knows of.
    ///
    /// - Parameter completion: called once, with nil for what is no file, and where the tiers would not keep it, as it may still change
    ///   without its time moving.
    func findToBeKept(
        at path: RelativePath, _ attributes: FileAttributes,
        completion: @escaping @Sendable (CachedFile?) -> Void
    ) {
        let version = version(at: path, attributes, seenFor: .zero, former: nil)
        guard attributes.isRegular, version.identity.isPersistent,
            version.identity.geometry.isCacheable
        else { return completion(nil) }
        cache.findStored(version.identity, resized: version.resized) { [cache] stored in
            completion(cache.file(stored))
        }
    }

    private func choose(
        _ identity: ObjectIdentity, _ version: Version, of id: NodeID
    ) -> CachedFile? {
        let file = version.former
        // Read anew, it is opened anew: the name may be another file's by now, and whoever opens it waits for that.
        if let file { share.forget(file.source) }
        let fresh = cache.file(identity, instead: file)
        return nodes.choose(fresh, instead: file, of: id, asOf: version.attributes) ?? live(id)
    }

    /// A file that is being written, or has no name: read as it is on the share now.
    private func live(_ id: NodeID) -> CachedFile? {
        let handle = namespace.openFiles.handle(of: id)
        return nodes.liveFile(id) { path, size, identity, source in
            if path == nil, source == nil, handle == nil { return nil }
            return cache.liveFile(
                path ?? RelativePath([Name("unnamed")]), size: size, anchor: anchor(identity),
                source: source, handle: handle)
        }
    }

    /// The file as it is on the share at this moment, for one read, after which it is to be dropped: no version of it, and nothing
    /// that the node table knows of. nil where no name leads to it.
    func asItIs(_ id: NodeID) -> CachedFile? {
        guard let known = nodes.reading(of: id), let path = known.path,
            known.node.attributes.isRegular
        else { return nil }
        // It is opened by its name, which may have become another file's.
        return cache.liveFile(
            path, size: known.node.attributes.size,
            anchor: anchor(FileIdentity(known.node.attributes)), source: nil, handle: nil)
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
        namespace.attributes(of: id, fresh: true) { [nodes, cache] _ in
            // The same fingerprint again means that it changed between two looks, or a racy time:
            // start over with a version of its own.
            if nodes.beginVersion(of: id, instead: old) {
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
        nodes.keepVersion(file, ofNameless: id)
    }

    /// What was to be read anew, only because it was young when it was read first, cannot be: what is in memory of it is
    /// what is known of the file.
    ///
    /// - Returns: what was read then; nil where it is not so.
    func goesBack(from fresh: CachedFile, of id: NodeID) -> CachedFile? {
        guard let former = fresh.former else { return nil }
        let (isCurrent, isFirst) = nodes.goBack(to: former, from: fresh, of: id)
        if isFirst { share.forget(fresh.source) }
        return isCurrent ? former : nil
    }
}
