public import Model
public import Platform

import Synchronization

/// The slow side: operations on the share by path below its root, run by the ``ShareScheduler``.
///
/// Paths are walked from descriptors (`O_PATH`, `*at` calls, no links followed), so that they work near
/// `PATH_MAX` and cannot leave the share. Directories that were used lately keep their descriptor, so
/// that reaching a file costs no round trip for its ancestors.
public final class Share: Sendable {
    /// As the person wrote it, made absolute; for messages only.
    public let path: String
    public let scheduler: ShareScheduler
    /// How file contents are read; see ``IOMode``.
    public let ioMode: IOMode
    public let usageAtMount: FileSystemUsage
    /// What the share's file system lets one rely on.
    public let nature: ShareNature
    /// What extended attributes its files can have.
    public let attributeNature: AttributeNature
    /// Who reads in place of lanes, where a wait for bytes cannot be frozen.
    let readers: ReaderPool?

    let root: ShareRoot
    let folders = Mutex(KeptFolders())
    private let files = Mutex(RecentTable<ObjectKey, ShareFile>(capacity: 256))
    /// Those that are open for reading at the moment.
    let openFiles = Mutex<[ObjectIdentifier: ShareFile]>([:])
    let openPaths: OpenPaths
    /// Where the share's nature calls for it.
    let releases: LateReleases?
    private let meter = Mutex(LinkMeter())
    let closing = Mutex<[Closing]>([])
    /// See ``actForOwners()``.
    let actsForOwners = Atomic(false)
    let foundSquashing = Atomic(false)
    /// Root was let read what is others' alone.
    let grantsRoot = Atomic(false)
    let clock: any LarderClock
    private let observer = Mutex(Observer())

    private struct Observer: Sendable {
        var tell: (@Sendable (ShareEvent) -> Void)?
    }

    /// A share's root that was opened, whatever became of who waited for it.
    public struct Opening: Sendable {
        public let path: String
        /// As it was asked for at the opening.
        public let attributes: FileAttributes
        let root: ShareRoot
        let usage: FileSystemUsage
        let clock: any LarderClock

        /// Blocks, perhaps for good; throws what `open(2)`, `stat(2)` or `statfs(2)` gave.
        public init(path: String, clock: any LarderClock) throws(Errno) {
            self.path = path
            self.clock = clock
            root = try ShareRoot(path: path, clock: clock)
            let opened = try root.descriptor
            defer { withExtendedLifetime(opened) {} }
            let readable = try FileCalls.reopen(opened.rawValue, [.readOnly, .directory])
            usage = try FileCalls.fileSystem(of: readable.rawValue)
            let found = try FileCalls.attributes(of: opened.rawValue)
            root.nested.setRoot(found.device)
            attributes = root.nested.place(found) { NestedFileSystems.Origin() }
        }
    }

    /// Opens the share's root. Blocks; throws what `open(2)`, `stat(2)` or `statfs(2)` gave.
    ///
    /// - Parameters:
    ///   - nature: nil: as its mount says.
    ///   - readsByProcesses: see ``ReaderPool``; nil: where its file system calls for it.
    public convenience init(
        path: String, scheduler: ShareScheduler, ioMode: IOMode? = nil,
        nature: ShareNature? = nil, readsByProcesses: Bool? = nil, clock: any LarderClock
    ) throws(Errno) {
        self.init(
            try Opening(path: path, clock: clock), scheduler: scheduler, ioMode: ioMode,
            nature: nature, readsByProcesses: readsByProcesses)
    }

    public convenience init(
        _ opening: Opening, scheduler: ShareScheduler, ioMode: IOMode? = nil,
        nature: ShareNature? = nil, readsByProcesses: Bool? = nil
    ) {
        self.init(
            path: opening.path, root: opening.root, usage: opening.usage, scheduler: scheduler,
            ioMode: ioMode, nature: nature, readsByProcesses: readsByProcesses,
            clock: opening.clock)
    }

    /// A share that is not there: nothing is asked of it, as of one that does not answer, before the same is mounted in the
    /// same place. Does not block.
    ///
    /// - Parameter reason: see ``ShareAbsence``.
    public convenience init(
        absent known: KnownShare, reason: String, scheduler: ShareScheduler,
        readsByProcesses: Bool? = nil, clock: any LarderClock
    ) {
        self.init(
            path: known.path, root: ShareRoot(absent: known, reason: reason, clock: clock),
            usage: known.usage, scheduler: scheduler, ioMode: nil, nature: nil,
            readsByProcesses: readsByProcesses, clock: clock)
        scheduler.beginUnreachable()
    }

    private init(
        path: String, root: ShareRoot, usage: FileSystemUsage, scheduler: ShareScheduler,
        ioMode: IOMode?, nature: ShareNature?, readsByProcesses: Bool?,
        clock: any LarderClock
    ) {
        self.path = path
        self.root = root
        self.scheduler = scheduler
        self.clock = clock
        usageAtMount = usage
        self.nature = nature ?? ShareNature(root.mount)
        releases = self.nature.releasesLate ? LateReleases() : nil
        openPaths = OpenPaths(releases: releases)
        attributeNature = AttributeNature(root.mount)
        self.ioMode = ioMode ?? IOMode.preferred(forFileSystem: usage.kind)
        readers =
            readsByProcesses ?? IOMode.isReadByProcesses(fileSystem: usage.kind)
            ? ReaderPool(clock: clock) { scheduler.noteMissingReaders($0) } : nil
        root.observe { [weak self] in self?.rootChanged($0) }
        scheduler.setProbe { [root] () throws(Errno) in try root.probe() }
    }

    /// Folders that are kept belong to the mount that is gone.
    private func rootChanged(_ event: ShareEvent?) {
        switch event {
        case .arrived, nil: forgetDirectories(below: RelativePath())
        case .other: break
        }
        if let event { observer.withLock { $0.tell }?(event) }
    }

    /// - Parameter observer: called on a lane; may ask nothing of the share and wait for it.
    public func observe(_ observer: @escaping @Sendable (ShareEvent) -> Void) {
        self.observer.withLock { $0.tell = observer }
    }

    /// What is mounted where the share lies; nil where that cannot be told.
    public var mount: MountTable.Entry? { root.mount }

    /// Set while the share has not been there since the start.
    public var absence: ShareAbsence? { root.absence }

    /// Whether the share refuses for itself what somebody may not do: the daemon can act in his name, and the share's file
    /// system looks at the very file.
    var decides: Bool { nature.decides && nature.keepsFiles && ThreadIdentity.canChange }

    /// Attributes of the root, asked now. Blocks.
    public func rootAttributes() throws(Errno) -> FileAttributes {
        try root.descriptor.withRawValue(attributes(ofOpen:))
    }

    /// Round trip and bandwidth as measured while running.
    public var linkEstimate: LinkMeter.Estimate { meter.withLock { $0.estimate } }

    /// Runs one operation of the share and measures it.
    ///
    /// - Parameters:
    ///   - way: whether it must have gone to the share where it succeeds.
    ///   - bytes: of the result, that were moved; nil of a question about names or attributes.
    func measured<Value>(
        way: LinkMeter.Way = .unknown, bytes: ((Value) -> Int)? = nil,
        _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        let now = clock.monotonic
        let start = meter.withLock { $0.began(at: now, movesBytes: bytes != nil) }
        var moved = 0
        var taken = LinkMeter.Way.unknown
        defer {
            let end = clock.monotonic
            meter.withLock { [moved, taken] in
                $0.ended(start, bytes: moved, at: end, way: taken)
            }
        }
        let value = try body()
        moved = bytes?(value) ?? 0
        taken = way
        if root.disconnectedSince != nil { root.noteAnswer() }
        return value
    }

    var now: Duration { clock.monotonic }

    // MARK: - Before and after the machine sleeps

    /// The machine is about to sleep: whoever waits for the share and cannot be frozen would keep it awake. See
    /// ``ShareScheduler/beginSleep(answerWithin:)``. What was given up there may still wait in the kernel: its processes end.
    /// Blocks for less than two seconds; threads: any but lanes.
    public func beginSleep() {
        let givenUp = scheduler.beginSleep(answerWithin: ShareScheduler.sleepPatience)
        readers?.giveUp(since: givenUp, within: .milliseconds(500))
    }

    /// Nothing is asked any more.
    public func stop() {
        readers?.stop(within: .milliseconds(200))
    }

    /// The machine is awake again.
    public func endSleep() {
        scheduler.endSleep()
    }

    // MARK: - Blocking operations, for lanes only

    /// A descriptor of the directory at `path`.
    ///
    /// - Parameter folders: what it and each folder above it have to be, the outermost first; empty: whatever they are.
    /// - Throws: `ESTALE` where one of them is another by now.
    func directory(
        _ path: RelativePath, expecting folders: [FileIdentity] = []
    ) throws(Errno) -> DescriptorReference {
        guard let name = path.components.last else { return try root.descriptor }
        let depth = path.components.count
        let expected = folders.count >= depth ? folders[depth - 1] : nil
        var (moment, known) = self.folders.withLock { [now] in ($0.moment, $0.use(path, at: now)) }
        if let known {
            guard let expected else { return known.reference }
            if try isExpected(known, expected) { return known.reference }
            // It is not what the name leads to by now, or was not when it was opened.
            forgetDirectories(below: path)
            moment = self.folders.withLock { $0.moment }
        }
        let parent = try directory(path.parent, expecting: folders)
        let opened = try parent.withRawValue { (parent) throws(Errno) in
            try onBehalfOfOwner(of: parent) { () throws(Errno) in
                DescriptorReference(
                    try FileCalls.openFolder(beneath: parent, name))
            }
        }
        var kept = KeptFolders.Folder(reference: opened, usedAt: now)
        if let expected {
            let found = FileIdentity(try attributes(of: opened))
            guard isExpected(found, expected) else { throw .stale }
            kept.identity = found
        }
        let gone = self.folders.withLock { $0.keep(kept, at: path, openedAfter: moment) }
        withExtendedLifetime(gone) {}
        return opened
    }

    /// As ``directory(_:expecting:)``, of the folder that lies at a location.
    func directory(at location: ShareLocation) throws(Errno) -> DescriptorReference {
        try directory(
            location.path, expecting: location.folders + (location.node.map { [$0] } ?? []))
    }

    private func isExpected(
        _ known: KeptFolders.Folder, _ expected: FileIdentity
    ) throws(Errno) -> Bool {
        if nature.keepsFiles, let identity = known.identity {
            return isExpected(identity, expected)
        }
        return isExpected(FileIdentity(try attributes(of: known.reference)), expected)
    }

    /// Whether a file is the one that was meant, as far as the share lets that be told, and nobody has lost a right to it.
    /// (A file that is gone may have left its inode number to another one.)
    func isExpected(_ found: FileIdentity, _ expected: FileIdentity) -> Bool {
        guard found.kind == expected.kind else { return false }
        return nature.inodesLast
            ? found.inode == expected.inode && found.letsReadAndSearch(atLeastAs: expected)
            : found.grantsSameRights(as: expected)
    }

    /// Attributes of an open file, as the server has them where a descriptor does not stay with its file. Blocks.
    func attributes(of descriptor: DescriptorReference) throws(Errno) -> FileAttributes {
        try descriptor.withRawValue { (raw) throws(Errno) in try attributes(of: raw) }
    }

    func attributes(of raw: Int32) throws(Errno) -> FileAttributes {
        try nature.keepsFiles ? attributes(ofOpen: raw) : attributesNow(ofOpen: raw)
    }

    /// Runs `body` with the parent's descriptor; once more where a descriptor went stale or the mount came back.
    func withParent<Value>(
        of location: ShareLocation, _ body: (Int32, Name) throws(Errno) -> Value
    ) throws(Errno) -> Value {
        try recovering { () throws(Errno) in
            guard let name = location.path.components.last else {
                return try root.descriptor.withRawValue { (root) throws(Errno) in
                    try body(root, Name("."))
                }
            }
            let parent = try directory(location.path.parent, expecting: location.folders)
            return try parent.withRawValue { (parent) throws(Errno) in try body(parent, name) }
        }
    }

    /// Runs `body`, and once more when it failed for a descriptor that is good no more and could be replaced.
    func recovering<Value>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            guard recovers(from: error) else { throw shown(error) }
            return try body()
        }
    }

    /// The error for the program that asked: `ENOTCONN` would tell it that the view has died, and `ESTALE` that this file is gone, where
    /// the share as a whole is.
    func shown(_ error: Errno) -> Errno {
        switch error {
        case .notConnected: .ioError
        case .stale where root.disconnectedSince != nil: .ioError
        default: error
        }
    }

    /// What a failed call says of the descriptors that it used. Blocks.
    ///
    /// - Returns: whether trying again, with paths walked anew, makes sense.
    func recovers(from error: Errno) -> Bool {
        switch error {
        case .stale, .notConnected:
            // The root itself may be what went stale.
            guard root.isThere || root.revive() else { return false }
            forgetDirectories(below: RelativePath())
            return true
        default: return false
        }
    }

    /// When the share's own mount was found to be gone (monotonic), or nil while it is there.
    public var disconnectedSince: Duration? { root.disconnectedSince }

    /// Drops kept descriptors of `path` and of everything below: it was renamed, replaced or went stale.
    public func forgetDirectories(below path: RelativePath) {
        // Their closing may block on the share, so it happens here and not under the lock.
        let dropped = folders.withLock { $0.forget(below: path) }
        withExtendedLifetime(dropped) {}
    }

    /// As ``forgetDirectories(below:)``, of the folders on the way to `path`, too: one of them is gone, and its name may be another's by now.
    func forgetDirectories(onTheWayTo path: RelativePath) {
        forgetDirectories(below: RelativePath(Array(path.components.prefix(1))))
    }

    /// The file of one object, shared by all who read that version; opened on first use.
    public func file(_ identity: ObjectIdentity) -> ShareFile {
        let (file, evicted) = files.withLock { table -> (ShareFile, ShareFile?) in
            if let known = table.value(for: identity.key) { return (known, nil) }
            let fresh = ShareFile(share: self, identity: identity)
            return (fresh, table.insert(fresh, for: identity.key))
        }
        // The table bounds open descriptors: one that left it closes, and reopens if it is read again.
        if let evicted, !evicted.isUnversioned { closeOnLane(evicted) }
        return file
    }

    /// Forgets the file of a version that is no longer current.
    public func forget(_ file: ShareFile) {
        release(file)
        file.end()
    }

    /// It is its holders' from now on, and nobody else's.
    func release(_ file: ShareFile) {
        files.withLock { files in
            if files.value(for: file.identity.key) === file { _ = files.remove(file.identity.key) }
        }
    }

    /// A file that has no version: see ``ShareFile/init(share:live:handle:)``.
    public func liveFile(_ identity: ObjectIdentity, handle: ShareHandle?) -> ShareFile {
        ShareFile(share: self, live: identity, handle: handle)
    }
}
