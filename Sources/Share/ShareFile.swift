public import Model
public import Platform

import Synchronization

/// Contents of one version of a file on the share.
///
/// Opened by the first read that needs it, checked against the fingerprint then, and checked again after
/// reads so that bytes of a later version are not taken for this one's.
public final class ShareFile: Sendable {
    public enum ReadFailure: Error, Sendable, Hashable {
        /// The share's own error.
        case errno(Errno)
        /// The file is no longer the version that was asked for.
        case changed
    }

    private enum State {
        case closed
        case open(DescriptorReference, isDirect: Bool, checkedAt: Duration)
    }

    public let identity: ObjectIdentity
    /// The file at the path may change: after this long the fingerprint is compared again (strict: always).
    private let trustedFor: Duration
    /// No version is meant but whatever the file holds now; nothing is compared.
    private let isUnversioned: Atomic<Bool>
    /// What is open has lost its name, or is about to: there is no opening it again.
    private let isNameless = Atomic(false)
    /// Of the same file, for opening it also where no name leads to it any more.
    private let handle: ShareHandle?
    private let share: Share
    private let state = Mutex(State.closed)
    /// See ``pin(_:keeping:)``.
    private let companion = Mutex<(any Sendable)?>(nil)

    init(share: Share, identity: ObjectIdentity, consistency: Consistency) {
        self.share = share
        self.identity = identity
        trustedFor = consistency == .strict ? .zero : .seconds(5)
        isUnversioned = Atomic(false)
        handle = nil
    }

    /// A file that is being written through the view: it has no version until that is over.
    ///
    /// Read through the share's page cache, which is where it agrees with what was written a moment ago.
    ///
    /// - Parameter handle: through which it is written, if it is still open.
    init(share: Share, live identity: ObjectIdentity, handle: ShareHandle?) {
        self.share = share
        self.identity = identity
        self.handle = handle
        trustedFor = .zero
        isUnversioned = Atomic(true)
    }

    /// Opens the file if it is not, and stays with it: what is open when its last name goes is read to the end.
    /// Blocks: on a lane only.
    ///
    /// - Parameter companion: kept for as long as the file is.
    public func pin(_ lane: ShareLane, keeping companion: (any Sendable)? = nil) throws(Errno) {
        guard try descriptor() != nil else { throw .stale }
        self.companion.withLock { $0 = companion }
        isUnversioned.store(true, ordering: .relaxed)
        isNameless.store(true, ordering: .relaxed)
        // Whoever comes to have the same path, size and time is another file.
        share.release(self)
    }

    /// Attributes of the file that is open, whatever its path means by now. Blocks: on a lane only.
    public func attributes(_ lane: ShareLane) throws(Errno) -> FileAttributes {
        guard let (descriptor, _) = try descriptor() else { throw .stale }
        return try share.measured { () throws(Errno) in
            try descriptor.withRawValue(FileCalls.attributes(of:))
        }
    }

    /// A descriptor to read from. Blocks: on a lane only.
    public func readable(_ lane: ShareLane) throws(Errno) -> DescriptorReference {
        guard let (descriptor, _) = try descriptor() else { throw .stale }
        return descriptor
    }

    /// Whether it stays open although nobody may reopen it: see ``pin(_:)``.
    public var isPinned: Bool { isUnversioned.load(ordering: .relaxed) }

    /// Whether a read finds the file open, or must open it first.
    public var isOpen: Bool {
        state.withLock { state in
            if case .open = state { return true }
            return false
        }
    }

    /// The next read through what is open is compared with the share, however short a time ago that was done.
    func distrust() {
        state.withLock { state in
            if case .open(let descriptor, let isDirect, _) = state {
                state = .open(descriptor, isDirect: isDirect, checkedAt: .zero - .seconds(3600))
            }
        }
    }

    /// Lets go of the descriptor; the next read opens it again.
    public func close() {
        let before = state.withLock { state -> State in
            defer { state = .closed }
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
    /// - Returns: the ticket, for promotion.
    public func read(
        _ range: Range<Int64>, into buffers: [BlockBuffer], blockSize: Int,
        urgency: ShareScheduler.Urgency, due: Duration = .zero,
        opened: (@Sendable () -> Void)? = nil,
        completion: @escaping @Sendable (Result<Void, ReadFailure>) -> Void
    ) -> ShareScheduler.Ticket? {
        share.scheduler.submit(urgency, bytes: range.count, due: due) { () throws(Errno) -> Bool in
            try self.read(range, buffers, blockSize, opened)
        } completion: { result in
            switch result {
            case .success(true): completion(.success(()))
            case .success(false): completion(.failure(.changed))
            case .failure(let errno): completion(.failure(.errno(errno)))
            }
        }
    }

    /// `lseek` with SEEK_DATA (3) or SEEK_HOLE (4) on the share.
    public func seek(
        to offset: Int64, whence: Int32,
        completion: @escaping @Sendable (Result<Int64, Errno>) -> Void
    ) {
        share.scheduler.submit(.demand) { () throws(Errno) -> Int64 in
            guard let (descriptor, _) = try self.descriptor() else { throw .stale }
            return try descriptor.withRawValue { (raw) throws(Errno) in
                try FileCalls.seek(raw, to: offset, whence: whence)
            }
        } completion: {
            completion($0)
        }
    }

    // MARK: - On a lane

    /// - Returns: false when the file is another version.
    private func read(
        _ range: Range<Int64>, _ buffers: [BlockBuffer], _ blockSize: Int,
        _ opened: (@Sendable () -> Void)?
    ) throws(Errno) -> Bool {
        let wasOpen = isOpen
        do throws(Errno) {
            return try readOnce(range, buffers, blockSize, opened)
        } catch .ioError where wasOpen && !isPinned {
            // sshfs lost the file with its connection, and says this of what was open before for good.
            close()
            return try readOnce(range, buffers, blockSize, opened)
        } catch {
            // By its path another file would be found.
            guard !isNameless.load(ordering: .relaxed) else { throw Share.shown(error) }
            // The server forgot the handle (restart, failover), or the mount came back: look the path up once more.
            guard share.recovers(from: error) else { throw Share.shown(error) }
            close()
            return try readOnce(range, buffers, blockSize, opened)
        }
    }

    private func readOnce(
        _ range: Range<Int64>, _ buffers: [BlockBuffer], _ blockSize: Int,
        _ opened: (@Sendable () -> Void)?
    ) throws(Errno) -> Bool {
        guard let (descriptor, isDirect) = try descriptor() else { return false }
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
                try FileCalls.read(
                    descriptor.rawValue, into: vectors, at: range.lowerBound, enough: wanted)
            }
        } catch .invalid where isDirect {
            // Accepted O_DIRECT at open and refuses it at read: go through the page cache from now on.
            try reopenBuffered()
            return try readOnce(range, buffers, blockSize, opened)
        }
        if !isDirect { FileCalls.forgetPages(descriptor.rawValue, range) }
        guard count >= wanted else { return false }  // truncated meanwhile
        for (buffer, length) in zip(buffers, lengths) { buffer.setCount(length) }
        return try isStillCurrent(descriptor)
    }

    /// - Returns: nil when the file at the path is another version, or there is none any more: its owner may know
    ///   it by another name.
    private func descriptor() throws(Errno) -> (DescriptorReference, isDirect: Bool)? {
        if case .open(let known, let isDirect, _) = state.withLock({ $0 }) {
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
        guard try matches(opened.0) else { return nil }
        return state.withLock { state in
            // Two lanes may have opened at once: one descriptor is enough.
            if case .open(let known, let isDirect, _) = state { return (known, isDirect) }
            state = .open(opened.0, isDirect: opened.1, checkedAt: share.now)
            return opened
        }
    }

    private func openAtPath() throws(Errno) -> (DescriptorReference, Bool) {
        if let handle {
            return (try ShareHandle.OpenFile(handle).reopenForReading(), false)
        }
        let mode = isPinned ? IOMode.buffered : share.ioMode
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
                try FileCalls.open(beneath: parent, name.bytes, flags))
        }
        // What stands there instead may be a device, which does things when it is opened.
        let node = try FileCalls.open(beneath: parent, name.bytes, [.pathOnly, .noFollow])
        guard try FileCalls.attributes(of: node.rawValue).isRegular else { throw .noSuchFile }
        return DescriptorReference(
            try FileCalls.reopen(node.rawValue, flags.subtracting(.noFollow)))
    }

    private func reopenBuffered() throws(Errno) {
        let opened = try share.withParent(of: ShareLocation(identity.path)) {
            (parent, name) throws(Errno) in try open(parent, name, [])
        }
        guard try matches(opened) else { throw .stale }
        state.withLock { $0 = .open(opened, isDirect: false, checkedAt: .zero) }
    }

    private func matches(_ descriptor: DescriptorReference) throws(Errno) -> Bool {
        // What is written now is read through what has it open, where that stays with its file.
        if isPinned, identity.anchor == nil || (handle != nil && share.nature.keepsFiles) {
            return true
        }
        let found =
            identity.anchor == nil
            ? try descriptor.withRawValue(FileCalls.attributes(of:))
            : try share.attributes(of: descriptor)
        guard found.isRegular else { return false }
        if let anchor = identity.anchor {
            guard anchor.holds(for: FileIdentity(found)) else { return false }
            if isPinned { return true }
        }
        let consistency: Consistency = identity.fingerprint.strict == nil ? .eventual : .strict
        return Fingerprint(found, consistency: consistency) == identity.fingerprint
    }

    private func isStillCurrent(_ descriptor: DescriptorReference) throws(Errno) -> Bool {
        if isPinned { return true }
        let now = share.now
        let isDue = state.withLock { state -> Bool in
            guard case .open(_, _, let checkedAt) = state else { return true }
            return now - checkedAt >= trustedFor
        }
        guard isDue else { return true }
        guard try matches(descriptor) else {
            close()
            return false
        }
        state.withLock { state in
            if case .open(let current, let isDirect, _) = state {
                state = .open(current, isDirect: isDirect, checkedAt: now)
            }
        }
        return true
    }
}
