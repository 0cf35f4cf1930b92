public import Model

import Platform

import Synchronization

/// Letting go of what is open on the share.
extension Share {
    /// What is to be closed on a lane.
    struct Closing: Sendable {
        /// Of the file; nil where that does not matter.
        var path: RelativePath?
        var close: @Sendable () -> Void
    }

    // MARK: - What nobody needs

    /// Whether files are open for reading, whoever needs them.
    public var hasOpenFiles: Bool { openFiles.withLock { !$0.isEmpty } }

    /// Lets go of files that nobody needs any more, but for a few that were used a moment ago; and of folders. To be called
    /// once a second. Does not wait.
    ///
    /// - Parameter needed: files that somebody has open in the view.
    public func letGoOfUnused(except needed: Set<ObjectIdentifier>) {
        let now = now
        let kept = openFiles.withLock { files in
            files.values.filter { !needed.contains(ObjectIdentifier($0)) }
        }
        let candidates = kept.map { (file: $0, usedAt: $0.lastUse) }
        for file in DescriptorKeeping.surplus(of: candidates, at: now) { closeOnLane(file) }
        let gone = folders.withLock { $0.letGoOfUnused(at: now) }
        withExtendedLifetime(gone) {}
        // What could not be closed while the share did not answer.
        if closing.withLock({ !$0.isEmpty }) { closeWaiting(.background) }
    }

    // MARK: - Before a name goes

    /// Whether anything of this process has the file at a path open, but for what people have open for writing.
    ///
    /// - Parameters:
    ///   - below: or a file below that path.
    ///   - needed: files that somebody has open in the view, which do not count.
    public func isOpen(
        _ path: RelativePath, below: Bool = false, except needed: Set<ObjectIdentifier> = []
    ) -> Bool {
        openPaths.isOpen(path, below: below, except: needed)
    }

    /// Files that are open for reading by a path below this one.
    ///
    /// - Parameter needed: files that somebody has open in the view, which do not count.
    public func openFiles(
        below path: RelativePath, except needed: Set<ObjectIdentifier>
    ) -> [ShareFile] {
        let found = openPaths.files(below: path).subtracting(needed)
        return openFiles.withLock { files in found.compactMap { files[$0] } }
    }

    /// A name is about to go: what was closed of it has reached the share.
    ///
    /// - Parameter folder: an open one there, to ask about. `statfs(2)` is of what no FUSE file system or kernel keeps.
    func settleReleases(of path: RelativePath, _ folder: Int32) {
        releases?.settle(path) { try? FileCalls.askFileSystem(of: folder) }
    }

    /// What waits to be closed at a path, for the caller to close.
    fileprivate func takeClosings(at path: RelativePath, below: Bool) -> [Closing] {
        closing.withLock { closing in
            let isMeant: (Closing) -> Bool = { closing in
                guard let found = closing.path else { return false }
                return found == path || below && found.components.starts(with: path.components)
            }
            guard closing.contains(where: isMeant) else { return [] }
            defer { closing.removeAll(where: isMeant) }
            return closing.filter(isMeant)
        }
    }

    /// What a descriptor that is open for writing keeps for as long as it is open.
    func companions(
        at path: RelativePath, _ hold: OpenPaths.Hold, _ other: (any Sendable)? = nil
    ) -> any Sendable {
        let mark = openPaths.mark(path, for: .handle(hold))
        guard let other else { return mark }
        return [mark, other] as [any Sendable]
    }

    // MARK: - Closing

    func closeOnLane(_ file: ShareFile) {
        guard file.isOpen else { return }
        closeOnLane(Closing(path: file.identity.path) { file.close() })
    }

    /// Lets go of an open file.
    ///
    /// - Parameter then: called when it is closed on the share, by the thread that did it.
    public func close(_ handle: ShareHandle, then: @escaping @Sendable () -> Void) {
        let path = handle.path
        handle.hold.end(then: then)
        // The closure holds the last reference; letting go of it closes.
        let last = Mutexed<ShareHandle?>(handle)
        closeOnLane(
            Closing(path: path) { last.withLock { $0 = nil } },
            // Who looks at what was written waits for that.
            urgency: handle.isWritten && nature.closeSetsTimes ? .demand : .background)
    }

    /// Closing asks the share (a FUSE or NFS client flushes), which may hang: never on the caller's thread. What cannot
    /// be closed now, since the share does not answer, is closed with the next, or within a second of its answering again.
    private func closeOnLane(
        _ file: Closing, urgency: ShareScheduler.Urgency = .background
    ) {
        closing.withLock { $0.append(file) }
        closeWaiting(urgency)
    }

    private func closeWaiting(_ urgency: ShareScheduler.Urgency) {
        scheduler.submit(urgency) { [self] () throws(Errno) in
            // One by one: who comes to delete a file takes out what is to be closed of it.
            for _ in 0..<Self.closedAtOnceMax {
                guard let next = closing.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
                    return
                }
                next.close()
            }
        } completion: { _ in
        }
    }

    /// By one job; more than one, so that what could not be closed for a while does not stay.
    private static let closedAtOnceMax = 16

    // MARK: - Hidden files

    /// Names that a client of the share gives to files that were deleted while they are open.
    private static let hiddenPrefixes: [[UInt8]] = [
        Array(".fuse_hidden".utf8), Array(".nfs".utf8), Array(".__smb".utf8),
    ]

    static func isHidden(_ name: Name) -> Bool {
        hiddenPrefixes.contains { name.bytes.starts(with: $0) }
    }
}

extension ShareLane {
    /// Closes `files`, and what waits to be closed at `path`, or also below it. What is in use on another lane is closed there.
    public func close(_ files: [ShareFile], at path: RelativePath, below: Bool = false) {
        for file in files where !file.isNameless { file.close() }
        for closing in share.takeClosings(at: path, below: below) { closing.close() }
    }

    /// Whether there is nothing in a folder but files that were deleted while they are open, and go when they are closed.
    public func holdsOnlyHiddenFiles(_ location: ShareLocation) throws(Errno) -> Bool {
        let folder = try share.directory(at: location)
        defer { withExtendedLifetime(folder) {} }
        var reader = DirectoryReader(try share.readable(folder))
        while let entries = try reader.next() {
            guard entries.allSatisfy({ Share.isHidden($0.name) }) else { return false }
        }
        return true
    }
}
