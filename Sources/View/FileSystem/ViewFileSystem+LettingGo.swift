import Model
import Platform
import Share
import Synchronization
import Tiers

/// What is open on the share although nobody needs it, or no longer needs it.
///
/// Some clients of a share (FUSE, NFS, SMB) give a file that is deleted while they have it open another name in its folder,
/// until it is closed. So before a name goes, what only the cache keeps open of its file is closed.
extension ViewFileSystem {
    // MARK: - Once a second

    func letGoOfUnused() {
        // Else without a look at the table: what is kept of folders asks for none.
        share.letGoOfUnused(except: share.hasOpenFiles ? sourcesInUse : [])
    }

    /// Through which files are read that somebody has open.
    private var sourcesInUse: Set<ObjectIdentifier> {
        Set(namespace.table.withLock { $0.sourcesInUse }.map { ObjectIdentifier($0) })
    }

    // MARK: - Before a name goes

    /// How long is waited for a release that the kernel sends behind a `close(2)`, when the next call of the same program has
    /// overtaken it.
    private static var releasePatience: Duration { .milliseconds(50) }
    /// How long is waited for reads that are under way.
    private static var readPatience: Duration { .milliseconds(500) }
    /// How long is waited for the share's client to take hidden files away.
    private static var hiddenPatience: Duration { .seconds(1) }

    /// A descriptor of the file was closed: its last one may be about to be released.
    func noteClosing(_ id: NodeID) {
        guard share.nature.hidesOpenFiles else { return }
        _ = closings.withLock { $0.insert(clock.monotonic, for: id) }
    }

    /// Calls `then` when nothing but what people have open is open of the file that has this name; at once where that does not
    /// matter. What takes too long is not waited for: the file is hidden then, and goes when it is closed.
    func onceLetGo(of place: Node.Place, then: @escaping @Sendable () -> Void) {
        guard share.nature.hidesOpenFiles else { return then() }
        letGo(of: place, since: clock.monotonic, pause: .milliseconds(1), then: then)
    }

    private enum Parting: Sendable {
        /// Nothing is open, or what is open must be.
        case ready
        /// To be closed.
        case open(CachedFile?, [ShareFile], RelativePath)
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
        }
    }

    private func parting(_ place: Node.Place, waited: Duration) -> Parting {
        let found = namespace.table.withLock {
            table -> (id: NodeID, isOpen: Bool, CachedFile?, [ShareFile], RelativePath)? in
            guard let id = table[directory: place.parent]?.children[place.name],
                let node = table[id], node.attributes.isRegular, let path = table.path(of: id)
            else { return nil }
            let sources = [node.file?.source, table.liveSources[id]].compactMap { $0 }
            return (id, node.opens > 0, node.file, sources, path)
        }
        guard let (id, isOpen, file, sources, path) = found else { return .ready }
        if isOpen {
            let closedAt = closings.withLock { $0.value(for: id) }
            let isClosing = closedAt.map { clock.monotonic - $0 < Self.readPatience } ?? false
            return isClosing && waited < Self.releasePatience ? .isBeingReleased : .ready
        }
        // What is to be fetched ahead would open it.
        let isRead = file != nil || !sources.isEmpty
        return isRead || isOpenForNobody(path) ? .open(file, sources, path) : .ready
    }

    /// Whether anything is open by a path that nobody has open: of another file too that others have moved from there.
    private func isOpenForNobody(_ path: RelativePath) -> Bool {
        share.isOpen(path) && share.isOpen(path, except: sourcesInUse)
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
