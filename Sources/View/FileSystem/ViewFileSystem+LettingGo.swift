import Model
import Platform
import Share
import Synchronization
import Tiers

/// What is open on the share although nobody needs it, or no longer needs it.
///
/// Some clients of a share (FUSE, NFS, SMB) give a file that is deleted while they have it open another name in its folder,
/// until it is closed; and some servers (SMB) let nobody delete, rename or replace a file that is open, nor rename a folder with
/// one. So before a name goes, what only the cache keeps open of its file, or below its folder, is closed.
extension ViewFileSystem {
    // MARK: - Once a second

    func letGoOfUnused() {
        cache.letGoOfUnused(at: clock.monotonic)
        nodes.change { table, _, effects in table.letGoOfNameless(&effects) }
        // The table is not gone through for what is kept of folders.
        share.letGoOfUnused(except: share.hasOpenFiles ? nodes.sourcesInUse : [])
    }

    // MARK: - Before a name goes

    /// How long is waited for a release that the kernel sends behind a `close(2)`, when the next call of the same program has
    /// overtaken it.
    private static var releasePatience: Duration { .milliseconds(250) }
    /// How long is waited for reads that are under way, and for closes: who removes a file that only the cache has open is better served
    /// late, on a busy machine, than refused.
    private static var readPatience: Duration { .milliseconds(1500) }
    /// How long a `close(2)` without a release behind it is taken for one to which a release belongs.
    private static var closingPatience: Duration { .milliseconds(500) }
    /// How long is waited for the share's client to take hidden files away.
    private static var hiddenPatience: Duration { .seconds(1) }

    /// A descriptor of an open file was closed: it may be about to be released.
    func noteClosing(_ id: NodeID, _ handle: UInt64) {
        guard share.nature.hidesOpenFiles else { return }
        closings.withLock { closings in
            var handles = closings.value(for: id) ?? [:]
            // One with a thousand duplicates is remembered once, and of a thousand opens some will do.
            guard handles[handle] != nil || handles.count < Self.closingsMax else { return }
            handles[handle] = clock.monotonic
            _ = closings.insert(handles, for: id)
        }
    }

    /// It was released.
    func noteClosed(_ id: NodeID, _ handle: UInt64) {
        guard share.nature.hidesOpenFiles else { return }
        closings.withLock { closings in
            guard var handles = closings.value(for: id), handles[handle] != nil else { return }
            handles[handle] = nil
            if handles.isEmpty {
                _ = closings.remove(id)
            } else {
                _ = closings.insert(handles, for: id)
            }
        }
    }

    /// Open files of one node that are remembered as being closed.
    private static var closingsMax: Int { 16 }

    /// Whether all that people have open of a node is being closed, as it seems.
    ///
    /// - Parameter opens: how many have it open.
    private func isBeingClosed(_ id: NodeID, opens: UInt32) -> Bool {
        let now = clock.monotonic
        let handles = closings.withLock { $0.value(for: id) } ?? [:]
        return handles.values.count { now - $0 < Self.closingPatience } >= opens
    }

    /// Calls `then` when nothing but what people have open is open of the files that have these names, or lie below the folders
    /// that have them; at once where that does not matter. What takes too long is not waited for: the file is hidden then, and
    /// goes when it is closed, or the share refuses.
    func onceLetGo(of places: [Node.Place], then: @escaping @Sendable () -> Void) {
        guard share.nature.hidesOpenFiles else { return then() }
        // By another spelling the same may be open.
        letGo(of: nodes.spelledAlike(places)[...], then: then)
    }

    private func letGo(of places: ArraySlice<Node.Place>, then: @escaping @Sendable () -> Void) {
        guard let place = places.first else { return then() }
        letGo(of: place, since: clock.monotonic, pause: .milliseconds(1)) { [self] in
            letGo(of: places.dropFirst(), then: then)
        }
    }

    private enum Parting: Sendable {
        /// Nothing is open, or what is open must be.
        case ready
        /// To be closed.
        case open(CachedFile?, [ShareFile], RelativePath)
        /// Likewise, below a folder.
        case openBelow([ShareFile], RelativePath)
        case isBeingReleased
    }

    private func letGo(
        of place: Node.Place, since start: Duration, pause: Duration,
        then: @escaping @Sendable () -> Void
    ) {
        let waited = clock.monotonic - start
        let again: @Sendable () -> Void = { [self] in
            delays.submit(due: clock.monotonic + pause) { [self] in
                letGo(of: place, since: start, pause: min(pause * 2, .milliseconds(32)), then: then)
            }
        }
        switch parting(place, waited: waited) {
        case .ready: then()
        case .isBeingReleased: again()
        case .open(let file, let sources, let path):
            guard waited < Self.readPatience else { return then() }
            share.change { [self] (lane) throws(Errno) -> Bool in
                if let file { cache.cancelPrefetch(file, 0..<file.geometry.fileSize) }
                lane.close(sources, at: path)
                return isOpenForNobody(path)
            } completion: { result in
                if case .success(true) = result { again() } else { then() }
            }
        case .openBelow(let sources, let path):
            guard waited < Self.readPatience else { return then() }
            share.change { [self] (lane) throws(Errno) -> Bool in
                lane.close(sources, at: path, below: true)
                return isOpenForNobody(path, below: true)
            } completion: { result in
                if case .success(true) = result { again() } else { then() }
            }
        }
    }

    private func parting(_ place: Node.Place, waited: Duration) -> Parting {
        if nodes.isFolder(place) { return partingFolder(place, waited: waited) }
        guard let path = nodes.path(at: place) else { return .ready }
        let file = nodes.file(at: place)
        if let file, file.opens > 0 {
            let isWaitedFor =
                waited < Self.releasePatience && isBeingClosed(file.id, opens: file.opens)
            return isWaitedFor ? .isBeingReleased : .ready
        }
        // What is to be fetched ahead would open it.
        let isRead = file?.version != nil || file?.sources.isEmpty == false
        guard isRead || isOpenForNobody(path) else { return .ready }
        // By this name an earlier version may be open as well, or a file of which no node is left.
        let others = share.openFiles(below: path, except: nodes.sourcesInUse)
        return .open(file?.version, (file?.sources ?? []) + others, path)
    }

    private func partingFolder(_ place: Node.Place, waited: Duration) -> Parting {
        guard let path = nodes.path(at: place) else { return .ready }
        if waited < Self.releasePatience,
            nodes.openNodes(below: path).contains(where: {
                isBeingClosed($0.id, opens: $0.opens)
            })
        {
            return .isBeingReleased
        }
        guard isOpenForNobody(path, below: true) else { return .ready }
        return .openBelow(share.openFiles(below: path, except: nodes.sourcesInUse), path)
    }

    /// Whether anything is open by a path that nobody has open: of another file too that others have moved from there.
    ///
    /// - Parameter below: or by a path below that one.
    private func isOpenForNobody(_ path: RelativePath, below: Bool = false) -> Bool {
        share.isOpen(path, below: below)
            && share.isOpen(path, below: below, except: nodes.sourcesInUse)
    }

    // MARK: - Folders that seem not to be empty

    /// A folder could not be removed or replaced: where nothing but hidden files is in it, that is tried again until the share's
    /// client has taken them away.
    ///
    /// - Parameter start: when it was tried first.
    func onceHiddenFilesAreGone(
        _ folder: ShareLocation, _ errno: Errno, since start: Duration,
        else giveUp: @escaping @Sendable () -> Void, then: @escaping @Sendable () -> Void
    ) {
        let isNotEmpty = errno == .exists || errno == .notEmpty
        let waited = clock.monotonic - start
        guard isNotEmpty, share.nature.hidesOpenFiles, waited < Self.hiddenPatience else {
            return giveUp()
        }
        share.change { (lane) throws(Errno) -> Bool in
            try lane.holdsOnlyHiddenFiles(folder)
        } completion: { [self] result in
            guard case .success(true) = result else { return giveUp() }
            let pause = min(max(waited, .milliseconds(2)), .milliseconds(100))
            delays.submit(due: clock.monotonic + pause, then)
        }
    }
}
