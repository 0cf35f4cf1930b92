public import Model
public import Platform

import Synchronization

/// Contents of one version of a file on the share.
///
/// Opened by the first read that needs it and checked against the fingerprint then. Bytes count as this version's when the
/// file that they came from was looked at after they had come and still had its fingerprint: a look before says nothing
/// of them. On a file system of this machine the look is made at once; elsewhere it is a round trip of its own
/// (``Verifier``), on lanes of its own.
public final class ShareFile: Sendable {
    public enum ReadFailure: Error, Sendable, Hashable {
        /// The share's own error.
        case errno(Errno)
        /// The file is no longer the version that was asked for.
        case changed
    }

    private enum State {
        case closed
        case open(DescriptorReference, isDirect: Bool)
    }

    /// What became of a read.
    private enum Outcome: Sendable {
        case verified
        case changed
        /// Read, from this descriptor; not looked at since.
        case unverified(DescriptorReference)
    }

    public let identity: ObjectIdentity
    /// No version is meant but whatever the file holds now; nothing is compared.
    private let unversioned: Atomic<Bool>
    /// What is open has lost its name, or is about to: there is no opening it again.
    private let hasNoName = Atomic(false)
    /// Of the same file, for opening it also where no name leads to it any more.
    private let handle: Mutex<ShareHandle?>
    /// Nobody will come to read it: what a read that is under way opens is not kept.
    private let isOver = Atomic(false)
    /// Monotonic.
    private let usedAt = Mutex(Duration.zero)
    private let share: Share
    private let state = Mutex(State.closed)
    private let verifier = Verifier()
    /// See ``pin(_:keeping:)``.
    private let companion = Mutex<(any Sendable)?>(nil)

    init(share: Share, identity: ObjectIdentity) {
        self.share = share
        self.identity = identity
        unversioned = Atomic(false)
        handle = Mutex(nil)
    }

    /// A file that is being written through the view: it has no version until that is over.
    ///
    /// Read through the share's page cache, which is where it agrees with what was written a moment ago.
    ///
    /// - Parameter handle: through which it is written, if it is still open.
    init(share: Share, live identity: ObjectIdentity, handle: ShareHandle?) {
        self.share = share
        self.identity = identity
        self.handle = Mutex(handle)
        unversioned = Atomic(true)
    }

    /// Opens the file if it is not, and stays with it: what is open when its last name goes is read to the end.
    /// Blocks: on a lane only.
    ///
    /// - Parameter companion: kept for as long as the file is.
    public func pin(_ lane: ShareLane, keeping companion: (any Sendable)? = nil) throws(Errno) {
        // Before it is opened: by its path nobody will look for it.
        losesName()
        guard try descriptor() != nil else { throw .stale }
        self.companion.withLock { $0 = companion }
        becomesUnversioned()
    }

    /// As ``pin(_:keeping:)``, of what is open already, without waiting.
    ///
    /// - Returns: whether it was.
    public func pinIfOpen() -> Bool {
        guard isOpen else { return false }
        losesName()
        becomesUnversioned()
        // Until then it could be closed to make room.
        return isOpen
    }

    private func losesName() {
        // Who has found it may be about to open it.
        usedAt.withLock { $0 = share.now }
        hasNoName.store(true, ordering: .relaxed)
        share.openFiles.withLock { $0[ObjectIdentifier(self)] = nil }
    }

    private func becomesUnversioned() {
        unversioned.store(true, ordering: .relaxed)
        // Whoever comes to have the same path, size and time is another file.
        share.release(self)
    }

    /// Attributes of the file that is open, whatever its path means by now. Blocks: on a lane only.
    public func attributes(_ lane: ShareLane) throws(Errno) -> FileAttributes {
        guard let (descriptor, _) = try descriptor() else { throw .stale }
        return try share.measured { () throws(Errno) in
            try descriptor.withRawValue(share.attributes(ofOpen:))
        }
    }

    /// A descriptor to read from. Blocks: on a lane only.
    public func readable(_ lane: ShareLane) throws(Errno) -> DescriptorReference {
        guard let (descriptor, _) = try descriptor() else { throw .stale }
        return descriptor
    }

    /// Whether whatever the file holds now is read, and no version of it. It stays open although nobody may reopen it: see
    /// ``pin(_:keeping:)``.
    public var isUnversioned: Bool { unversioned.load(ordering: .relaxed) }

    /// What is open has lost its name, or is about to, and stays open until its holder closes it.
    public var isNameless: Bool { hasNoName.load(ordering: .relaxed) }

    /// When it was read last, or opened, or lost its name (monotonic).
    var lastUse: Duration { usedAt.withLock { $0 } }

    /// Whether it has not been used for as long as what nobody has open is kept.
    public var isIdle: Bool { share.now - lastUse >= DescriptorKeeping.filePatience }

    /// What is open is let go, and nothing more is kept open.
    func end() {
        isOver.store(true, ordering: .sequentiallyConsistent)
        share.closeOnLane(self)
    }

    /// Who wrote through `open` has closed it; the file still has its name, by which it is found from here on.
    public func forget(_ open: ShareHandle) {
        let before = handle.withLock { handle -> ShareHandle? in
            guard handle === open else { return nil }
            defer { handle = nil }
            return handle
        }
        withExtendedLifetime(before) {}
    }

    /// Whether a read finds the file open, or must open it first.
    public var isOpen: Bool {
        state.withLock { state in
            if case .open = state { return true }
            return false
        }
    }

    /// Lets go of the descriptor; the next read opens it again.
    public func close() {
        let before = state.withLock { state -> State in
            defer { state = .closed }
            share.openFiles.withLock { $0[ObjectIdentifier(self)] = nil }
            return state
        }
        withExtendedLifetime(before) {}
    }

    /// Reads `range` (inside the file, starting at a block) into fresh buffers of one block each.
    ///
    /// - Parameters:
    ///   - buffers: empty, in file order, each large enough for its block; the reader publishes them.
    ///   - blockSize: bytes per buffer, but for the last.
    ///   - due: among what nobody waits for, the earlier goes first.
    ///   - opened: called on the lane when the file is open and before it is read; once more for each time it is opened anew.
    ///   - arrived: called where the bytes are here and the share must yet be asked whether they are this version's.
    ///   - completion: called once, when that is known.
    /// - Returns: the ticket, for promotion.
    public func read(
        _ range: Range<Int64>, into buffers: [BlockBuffer], blockSize: Int,
        urgency: ShareScheduler.Urgency, due: Duration = .zero,
        opened: (@Sendable () -> Void)? = nil, arrived: (@Sendable () -> Void)? = nil,
        completion: @escaping @Sendable (Result<Void, ReadFailure>) -> Void
    ) -> ShareScheduler.Ticket? {
        share.scheduler.submit(urgency, bytes: range.count, due: due, deadline: nil) {
            () throws(Errno) -> Outcome in
            try self.read(range, buffers, blockSize, opened)
        } completion: { [self] result, deadline in
            switch result {
            case .success(.verified): completion(.success(()))
            case .success(.changed): completion(.failure(.changed))
            case .success(.unverified(let descriptor)):
                arrived?()
                // Who waits does so for both together.
                verifier.add(
                    Verifier.Read(
                        descriptor: descriptor, deadline: deadline, completion: completion))
                verify()
            case .failure(let errno): completion(.failure(.errno(errno)))
            }
        }
    }

    /// Has what was read looked at, where nothing is under way that will do.
    private func verify() {
        guard let deadline = verifier.begin() else { return }
        // What was taken is answered whether the question is or not.
        let taken = Mutexed<[Verifier.Read]?>(nil)
        let takeReads: @Sendable () -> [Verifier.Read] = { [verifier] in
            taken.withLock { taken in
                if let taken { return taken }
                let reads = verifier.take()
                taken = reads
                return reads
            }
        }
        share.scheduler.submit(.verification, deadline: deadline) {
            [self] () throws(Errno) -> [Bool] in
            // Only now: what comes while the question is under way needs the next.
            let reads = takeReads()
            // One, but where the file was opened anew meanwhile.
            var isVersion: [ObjectIdentifier: Bool] = [:]
            for read in reads where isVersion[ObjectIdentifier(read.descriptor)] == nil {
                isVersion[ObjectIdentifier(read.descriptor)] = try self.isVersion(read.descriptor)
            }
            return reads.map { isVersion[ObjectIdentifier($0.descriptor)] ?? false }
        } completion: { [self] result, _ in
            // Refused ones took nothing yet.
            var reads = takeReads()
            let now = share.now
            if case .failure(.timedOut) = result, now >= deadline {
                // Of those who asked first; the others have time for another question.
                for read in reads where read.deadline > now { verifier.add(read) }
                reads.removeAll { $0.deadline > now }
            }
            if verifier.end(deadline) { verify() }
            switch result {
            case .success(let verdicts):
                for (read, isVersion) in zip(reads, verdicts) {
                    read.completion(isVersion ? .success(()) : .failure(.changed))
                }
            case .failure(let errno):
                for read in reads { read.completion(.failure(.errno(errno))) }
            }
        }
    }

    /// `lseek` with SEEK_DATA (3) or SEEK_HOLE (4) on the share.
    public func seek(
        to offset: Int64, whence: SeekWhence,
        completion: @escaping @Sendable (Result<Int64, Errno>) -> Void
    ) {
        share.scheduler.submit(.demand) { () throws(Errno) -> Int64 in
            guard let (descriptor, _) = try self.descriptor() else { throw .stale }
            return try descriptor.withRawValue { (raw) throws(Errno) in
                try FileCalls.seek(raw, to: offset, whence: whence.rawValue)
            }
        } completion: {
            completion($0)
        }
    }

    // MARK: - On a lane

    private func read(
        _ range: Range<Int64>, _ buffers: [BlockBuffer], _ blockSize: Int,
        _ opened: (@Sendable () -> Void)?
    ) throws(Errno) -> Outcome {
        let wasOpen = isOpen
        do throws(Errno) {
            return try readOnce(range, buffers, blockSize, opened)
        } catch .ioError where wasOpen && !isUnversioned {
            // sshfs lost the file with its connection, and says this of what was open before for good.
            close()
            return try readOnce(range, buffers, blockSize, opened)
        } catch {
            // By its path another file would be found.
            guard !isNameless else { throw share.shown(error) }
            // The server forgot the handle (restart, failover), or the mount came back: look the path up once more.
            guard share.recovers(from: error) else { throw share.shown(error) }
            close()
            return try readOnce(range, buffers, blockSize, opened)
        }
    }

    private func readOnce(
        _ range: Range<Int64>, _ buffers: [BlockBuffer], _ blockSize: Int,
        _ opened: (@Sendable () -> Void)?
    ) throws(Errno) -> Outcome {
        guard let (descriptor, isDirect) = try descriptor(isVerifiedLater: true) else {
            return .changed
        }
        defer { withExtendedLifetime(descriptor) {} }
        opened?()
        var vectors: [UnsafeMutableRawBufferPointer] = []
        var lengths: [Int] = []
        var at = range.lowerBound
        for buffer in buffers {
            let length = Int(min(Int64(blockSize), range.upperBound - at))
            lengths.append(length)
            // O_DIRECT wants whole pages; what lies behind the end of the file is not filled.
            let asked = isDirect ? min(buffer.capacity, (length + 4095) & ~4095) : length
            vectors.append(UnsafeMutableRawBufferPointer(rebasing: buffer.writable[..<asked]))
            at += Int64(length)
        }
        let wanted = Int(range.upperBound - range.lowerBound)
        let count: Int
        do throws(Errno) {
            let way: LinkMeter.Way = isDirect && wanted > 0 ? .wire : .unknown
            count = try share.measured(way: way, bytes: { $0 }) { () throws(Errno) in
                if let readers = share.readers {
                    return try readers.read(
                        descriptor.rawValue, into: vectors, at: range.lowerBound, enough: wanted)
                }
                return try FileCalls.read(
                    descriptor.rawValue, into: vectors, at: range.lowerBound, enough: wanted)
            }
        } catch .invalid where isDirect {
            // Accepted O_DIRECT at open and refuses it at read: go through the page cache from now on.
            try reopenBuffered()
            return try readOnce(range, buffers, blockSize, opened)
        }
        if !isDirect { FileCalls.forgetPages(descriptor.rawValue, range) }
        guard count >= wanted else { return .changed }  // truncated meanwhile
        for (buffer, length) in zip(buffers, lengths) { buffer.setCount(length) }
        if isUnversioned { return .verified }
        guard share.nature.isLocal else { return .unverified(descriptor) }
        if try matches(descriptor) { return .verified }
        close()
        return .changed
    }

    /// Whether the file that was read from is still the version that was meant. Asks the share. Blocks: on a lane only.
    private func isVersion(_ descriptor: DescriptorReference) throws(Errno) -> Bool {
        if isUnversioned { return true }
        do throws(Errno) {
            let found = try share.measured { () throws(Errno) in
                try descriptor.withRawValue(share.attributesNow(ofOpen:))
            }
            if matches(found) { return true }
        } catch {
            // A descriptor that is good no more says nothing of what was read through it: the next one is read anew.
            guard error == .ioError || share.recovers(from: error) else { throw share.shown(error) }
        }
        close()
        return false
    }

    /// - Returns: nil when the file at the path is another version, or there is none any more: its owner may know
    ///   it by another name.
    ///
    /// - Parameter isVerifiedLater: what is done with it counts only once the share has been asked, so that what is
    ///   remembered of it does for now.
    private func descriptor(
        isVerifiedLater: Bool = false
    ) throws(Errno) -> (DescriptorReference, isDirect: Bool)? {
        usedAt.withLock { $0 = share.now }
        if case .open(let known, let isDirect) = state.withLock({ $0 }) {
            return (known, isDirect)
        }
        let opened: (DescriptorReference, Bool)
        do throws(Errno) {
            opened = try openAtPath()
        } catch .noSuchFile {
            return nil
        } catch .notDirectory {
            return nil
        }
        guard try matches(opened.0, isVerifiedLater: isVerifiedLater) else { return nil }
        return state.withLock { state in
            // Two lanes may have opened at once: one descriptor is enough.
            if case .open(let known, let isDirect) = state { return (known, isDirect) }
            if isOver.load(ordering: .sequentiallyConsistent) { return opened }
            state = .open(opened.0, isDirect: opened.1)
            noteOpen()
            return opened
        }
    }

    private func openAtPath() throws(Errno) -> (DescriptorReference, Bool) {
        if let handle = handle.withLock({ $0 }) {
            let opened = try ShareHandle.OpenFile(handle).reopenForReading(keeping: mark)
            return (opened, false)
        }
        let mode = isUnversioned ? IOMode.buffered : share.ioMode
        return try share.withParent(of: ShareLocation(identity.path)) {
            (parent, name) throws(Errno) -> (DescriptorReference, Bool) in
            if mode == .direct {
                do throws(Errno) {
                    return (try open(parent, name, [.direct]), true)
                } catch .invalid {
                    // This file system has no O_DIRECT.
                }
            }
            return (try open(parent, name, []), false)
        }
    }

    /// `O_NONBLOCK` so that a file replaced by a FIFO cannot hold the lane.
    private func open(
        _ parent: Int32, _ name: Name, _ extra: OpenFlags
    ) throws(Errno) -> DescriptorReference {
        let flags = extra.union([.readOnly, .noFollow, .nonBlocking])
        guard identity.anchor != nil else {
            return DescriptorReference(
                try FileCalls.open(beneath: parent, name.bytes, flags), keeping: mark)
        }
        // What stands there instead may be a device, which does things when it is opened.
        let node = try share.onBehalfOfOwner(of: parent) { () throws(Errno) in
            try FileCalls.open(beneath: parent, name.bytes, [.pathOnly, .noFollow])
        }
        let raw = node.rawValue
        guard try FileCalls.attributes(of: raw).isRegular else { throw .noSuchFile }
        return DescriptorReference(
            try share.onBehalfOfOwner(of: raw) { () throws(Errno) in
                try FileCalls.reopen(raw, flags.subtracting(.noFollow))
            }, keeping: mark)
    }

    /// For ``Share/letGoOfUnused(except:)``. What has no name cannot be opened again: its holder says when it is over.
    private func noteOpen() {
        guard !isNameless else { return }
        share.openFiles.withLock { $0[ObjectIdentifier(self)] = self }
    }

    private var mark: (any Sendable)? {
        isNameless ? nil : share.openPaths.mark(identity.path, for: .file(ObjectIdentifier(self)))
    }

    private func reopenBuffered() throws(Errno) {
        let opened = try share.withParent(of: ShareLocation(identity.path)) {
            (parent, name) throws(Errno) in try open(parent, name, [])
        }
        guard try matches(opened) else { throw .stale }
        state.withLock { state in
            state = .open(opened, isDirect: false)
            noteOpen()
        }
    }

    private func matches(
        _ descriptor: DescriptorReference, isVerifiedLater: Bool = false
    ) throws(Errno) -> Bool {
        // What is written now is read through what has it open, where that stays with its file.
        let hasHandle = handle.withLock { $0 != nil }
        if isUnversioned, identity.anchor == nil || (hasHandle && share.nature.keepsFiles) {
            return true
        }
        let mustAsk = identity.anchor != nil && !(isVerifiedLater && !isUnversioned)
        return matches(
            mustAsk
                ? try share.attributes(of: descriptor)
                : try descriptor.withRawValue(share.attributes(ofOpen:)))
    }

    private func matches(_ found: FileAttributes) -> Bool {
        guard found.isRegular else { return false }
        if let anchor = identity.anchor {
            guard anchor.holds(for: FileIdentity(found)) else { return false }
            if isUnversioned { return true }
        }
        let consistency: Consistency = identity.fingerprint.strict == nil ? .eventual : .strict
        return Fingerprint(found, consistency: consistency) == identity.fingerprint
    }
}
