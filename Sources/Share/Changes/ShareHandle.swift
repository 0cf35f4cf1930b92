public import Model
public import Platform

import Synchronization

/// A file of the share that somebody has open for writing: one per open of the view, with that open's flags, so
/// that `O_APPEND` and `O_SYNC` mean on the share what they say.
///
/// Threads: any; what blocks runs on lanes, through ``perform(_:completion:)``.
public final class ShareHandle: Sendable {
    public let flags: OpenFlags
    private let share: Share
    /// Where to find it again when the server forgot it.
    private let location: ShareLocation
    private let inode: UInt64
    /// What it was opened as, with the owner that it was given since; nil where that is not known, as of a file that was made.
    private let identity: Mutex<FileIdentity?>
    /// 0 where the share does not tell it.
    private let generation: UInt32
    private let opened: Mutex<DescriptorReference>
    /// Until it is closed.
    let hold: OpenPaths.Hold
    /// For pages written through `mmap`, where an appending descriptor would put them elsewhere.
    private let positioned = Mutex<DescriptorReference?>(nil)
    /// Something was written since the last flush.
    private let isUnflushed = Atomic(false)
    private let wasWritten = Atomic(false)
    /// Calls whose callers were told `ETIMEDOUT` while the share is still working on them.
    private let overdue = Atomic(0)

    init(
        _ share: Share, _ descriptor: DescriptorReference, _ hold: OpenPaths.Hold,
        at location: ShareLocation, flags: OpenFlags, inode: UInt64
    ) {
        self.share = share
        self.hold = hold
        self.location = location
        self.inode = inode
        identity = Mutex(location.node)
        self.flags = flags
        generation = share.generation(of: descriptor)
        opened = Mutex(descriptor)
    }

    /// What of a caller's flags reaches the share. `O_DIRECT` does its work in the kernel's half of the view: past
    /// its page cache. The share's own file system may want alignments that the view does not.
    static func sharedFlags(_ flags: OpenFlags) -> OpenFlags {
        flags.accessMode.union(
            flags.intersection([
                .append, .truncate, .synchronous, .dataSynchronous, .noAccessTime,
            ]))
    }

    /// Where it was opened.
    var path: RelativePath { location.path }
    public var isWritable: Bool { flags.accessMode != .readOnly }
    private var isAppending: Bool { flags.contains(.append) }
    var descriptor: DescriptorReference { opened.withLock { $0 } }

    /// Whether it was opened as a file of the same owner and kind; nil where that is not known, as of one that was made.
    public func wasOpened(as found: FileAttributes) -> Bool? {
        identity.withLock { $0 }.map { known in
            let identity = FileIdentity(found)
            return identity.kind == known.kind && identity.belongs(toWhomHas: known)
        }
    }

    /// The very file that is open was given to somebody else.
    public func wasGiven(as found: FileAttributes) {
        identity.withLock { $0 = FileIdentity(found) }
    }

    /// Whether both have the same file open. Blocks: on a lane only.
    public func isSameFile(as other: ShareHandle) -> Bool {
        guard
            let own = try? descriptor.withRawValue(FileCalls.attributes(of:)),
            let others = try? other.descriptor.withRawValue(FileCalls.attributes(of:))
        else { return false }
        return own.inode == others.inode && own.device == others.device
    }

    /// Whether a flush has anything to send.
    public var needsFlush: Bool { isUnflushed.load(ordering: .relaxed) }
    /// Whether anything was written through it, or may have been.
    public var isWritten: Bool { wasWritten.load(ordering: .relaxed) }

    /// - Returns: whether a flush would have had something to send before.
    @discardableResult
    private func noteWriting() -> Bool {
        wasWritten.store(true, ordering: .relaxed)
        return isUnflushed.exchange(true, ordering: .relaxed)
    }

    // MARK: - On a lane

    /// What a lane can do with the open file. Blocks.
    public struct OpenFile: Sendable {
        let handle: ShareHandle

        /// For who is on a lane already.
        public init(_ handle: ShareHandle) {
            self.handle = handle
        }

        /// Where a write came to lie.
        public struct Written: Sendable, Hashable {
            public var count: Int
            /// Offset behind its last byte.
            public var end: Int64
        }

        /// - Parameters:
        ///   - offset: where the caller believes that the bytes go.
        ///   - appending: whether the file, if it was opened so, puts them at its end instead. Pages written through
        ///     `mmap` always mean their offset.
        public func write(
            _ bytes: UnsafeRawBufferPointer, at offset: Int64, appending: Bool
        ) throws(Errno) -> Written {
            // sshfs lost the file with its connection and says EIO to it for good. It is opened again where the error
            // of an earlier write cannot get lost thereby: after fsync or close have told it.
            var mayReopen = !handle.noteWriting()
            return try handle.share.measured(bytes: { $0.count }) { () throws(Errno) in
                if handle.isAppending, appending { return try append(bytes, at: offset) }
                var target = try handle.positionedDescriptor()
                defer { withExtendedLifetime(target) {} }
                var done = 0
                while done < bytes.count {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                    do throws(Errno) {
                        let taken = try FileCalls.writeSome(
                            target.rawValue, rest, at: offset + Int64(done))
                        guard taken > 0 else { break }
                        done += taken
                    } catch .ioError where mayReopen && done == 0 {
                        mayReopen = false
                        do throws(Errno) {
                            try handle.reopen()
                            target = try handle.positionedDescriptor()
                        } catch {
                            throw .ioError
                        }
                    } catch {
                        // As write(2): what was taken counts, and the next call tells why no more was.
                        guard done > 0, error != .stale, error != .notConnected else {
                            throw error
                        }
                        break
                    }
                }
                return Written(count: done, end: offset + Int64(done))
            }
        }

        /// As `write(2)`: what was taken counts, and the next call tells why no more was. Whoever were told that nothing was
        /// would write it once more.
        private func append(
            _ bytes: UnsafeRawBufferPointer, at offset: Int64
        ) throws(Errno) -> Written {
            try handle.descriptor.withRawValue { (raw) throws(Errno) in
                var done = 0
                while done < bytes.count {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                    do throws(Errno) {
                        let taken = try FileCalls.appendSome(raw, rest)
                        guard taken > 0 else { break }
                        done += taken
                    } catch {
                        guard done > 0 else { throw error }
                        break
                    }
                }
                // Where it came to lie is to be known for its sake only: it is written.
                let end = try? FileCalls.position(of: raw)
                return Written(count: done, end: end ?? offset + Int64(done))
            }
        }

        public func synchronize(dataOnly: Bool) throws(Errno) {
            do throws(Errno) {
                try handle.share.measured { () throws(Errno) in
                    try handle.descriptor.withRawValue { (raw) throws(Errno) in
                        try FileCalls.synchronize(raw, dataOnly: dataOnly)
                    }
                }
            } catch {
                // It is told once; what is written from here on may open the file again.
                handle.isUnflushed.store(false, ordering: .relaxed)
                throw error
            }
        }

        /// Sends what the share's file system has gathered of what was written, as `close(2)` does.
        public func flush() throws(Errno) {
            guard handle.isUnflushed.exchange(false, ordering: .relaxed) else { return }
            try handle.share.measured { () throws(Errno) in
                try handle.descriptor.withRawValue(FileCalls.flush)
            }
        }

        /// `fallocate(2)`.
        public func allocate(mode: Int32, offset: Int64, length: Int64) throws(Errno) {
            handle.noteWriting()
            try handle.share.measured { () throws(Errno) in
                try handle.descriptor.withRawValue { (raw) throws(Errno) in
                    try FileCalls.allocate(raw, mode: mode, offset: offset, length: length)
                }
            }
        }

        /// `copy_file_range(2)`: the bytes do not leave the share. - Returns: how many.
        public func copy(
            from source: DescriptorReference, at sourceOffset: Int64, to offset: Int64, length: Int
        ) throws(Errno) -> Int {
            handle.noteWriting()
            return try handle.share.measured { () throws(Errno) in
                try handle.positionedDescriptor().withRawValue { (target) throws(Errno) in
                    try source.withRawValue { (source) throws(Errno) in
                        try FileCalls.copyRange(
                            from: source, at: sourceOffset, to: target, at: offset,
                            length: length)
                    }
                }
            }
        }

        public func attributes() throws(Errno) -> FileAttributes {
            try handle.share.measured { () throws(Errno) in
                try handle.descriptor.withRawValue(handle.share.attributes(ofOpen:))
            }
        }

        /// Takes the set-user-id bit away, and the set-group-id bit of what its group may execute, as the kernel does before
        /// somebody without privileges writes.
        ///
        /// - Throws: what the share said; then nothing may be written, or a program would run as its owner with what others have
        ///   put into it. A daemon of an ordinary user may be refused: the share sees to the bits of what he writes.
        public func clearSetID() throws(Errno) {
            try handle.share.measured { () throws(Errno) in
                try handle.descriptor.withRawValue { (raw) throws(Errno) in
                    // What the file has now: what was known of it may be of before somebody else's chmod.
                    let found = try FileCalls.attributes(of: raw)
                    let mode = found.mode & 0o7777
                    var cleared = mode & ~0o4000
                    if mode & 0o0010 != 0 { cleared &= ~0o2000 }
                    guard cleared != mode else { return }
                    do throws(Errno) {
                        try FileCalls.setMode(of: raw, cleared)
                    } catch let error where error.isDenial {
                        guard ThreadIdentity.canChange else { return }
                        // Root may be nobody to a server.
                        try ThreadIdentity.make(for: found.userID, found.groupID, umask: nil) {
                            () throws(Errno) in try FileCalls.setMode(of: raw, cleared)
                        }
                    }
                }
            }
        }

        /// What `O_TRUNC` does at the opening.
        public func truncate(for authority: Authority) throws(Errno) {
            try handle.share.measured { () throws(Errno) in
                try handle.descriptor.withRawValue { (raw) throws(Errno) in
                    // `O_TRUNC` works with `O_RDONLY` too, ftruncate(2) does not.
                    guard !handle.isWritable else {
                        return try FileCalls.setSize(ofOpen: raw, 0)
                    }
                    try handle.share.lane.act(authority) { () throws(Errno) in
                        try FileCalls.setSize(of: raw, 0)
                    }
                }
            }
        }

        public func setAttributes(
            _ changes: AttributeChanges, for authority: Authority
        ) throws(Errno) -> FileAttributes {
            let writable = handle.isWritable ? handle.descriptor : nil
            return try OpenNode(handle).setAttributes(
                handle.share.lane, changes, writable: writable, for: authority)
        }

        /// The same file opened for reading, whether or not it still has a name.
        ///
        /// - Parameter companion: kept for as long as the descriptor is.
        public func reopenForReading(
            keeping companion: (any Sendable)? = nil
        ) throws(Errno) -> DescriptorReference {
            try handle.descriptor.withRawValue { (raw) throws(Errno) in
                DescriptorReference(
                    try handle.share.onBehalfOfOwner(of: raw) { () throws(Errno) in
                        try FileCalls.reopen(raw, [.readOnly, .nonBlocking])
                    }, keeping: companion)
            }
        }
    }

    private func positionedDescriptor() throws(Errno) -> DescriptorReference {
        guard isAppending else { return descriptor }
        if let known = positioned.withLock({ $0 }) { return known }
        let fresh = try descriptor.withRawValue { (raw) throws(Errno) in
            // Its opener was authorised for this very file.
            DescriptorReference(
                try share.onBehalfOfOwner(of: raw) { () throws(Errno) in
                    try FileCalls.reopen(raw, flags.accessMode.union(.nonBlocking))
                },
                keeping: share.companions(at: location.path, hold))
        }
        positioned.withLock { $0 = fresh }
        return fresh
    }

    /// The server forgot the file (a restart, a failover): finds it again by its path.
    ///
    /// - Throws: `ESTALE` when the path is another file's, or nobody's, by now.
    private func reopen() throws(Errno) {
        let fresh: DescriptorReference
        do throws(Errno) {
            let again = Self.sharedFlags(flags).subtracting(.truncate)
            // The opener was authorised for this very file, which is compared below.
            fresh = try ShareLane(share: share).open(
                ShareLocation(location.path), again, hold, for: .daemon)
        } catch .noSuchFile {
            throw .stale
        }
        let found = try fresh.withRawValue(share.attributes(ofOpen:))
        // The number may be another file's by now.
        guard found.inode == inode, wasOpened(as: found) ?? true,
            generation == 0 || share.generation(of: fresh) == generation
        else { throw .stale }
        opened.withLock { $0 = fresh }
        positioned.withLock { $0 = nil }
    }

    // MARK: - From anywhere

    /// Runs `work` on a lane.
    ///
    /// Refused with `ETIMEDOUT` while an earlier call of this handle is overdue: it may still reach the share, and
    /// what came after it in the program must not come before it there.
    ///
    /// - Parameters:
    ///   - work: as in ``Share/change(_:completion:)``; once more after `ESTALE` where the file could be found again.
    ///   - completion: called once.
    public func perform<Value: Sendable>(
        _ work: @escaping @Sendable (OpenFile) throws(Errno) -> Value,
        completion: @escaping @Sendable (Result<Value, Errno>) -> Void
    ) {
        guard overdue.load(ordering: .relaxed) == 0 else {
            return completion(.failure(.timedOut))
        }
        let progress = Mutexed(Progress.waiting)
        share.scheduler.submit(.demand) { [self] () throws(Errno) -> Value in
            progress.withLock { $0 = .running }
            defer { ended(progress) }
            do throws(Errno) {
                return try work(OpenFile(self))
            } catch {
                guard share.recovers(from: error) else { throw share.shown(error) }
                try reopen()
                return try work(OpenFile(self))
            }
        } completion: { [self] result in
            if case .failure(.timedOut) = result { gaveUp(progress) }
            completion(result)
        }
    }

    private enum Progress: Sendable {
        case waiting, running, overdue, ended
    }

    private func gaveUp(_ progress: Mutexed<Progress>) {
        progress.withLock { progress in
            // What has not begun never will; what has ended said so itself.
            guard case .running = progress else { return }
            progress = .overdue
            overdue.add(1, ordering: .relaxed)
        }
    }

    private func ended(_ progress: Mutexed<Progress>) {
        progress.withLock { progress in
            if case .overdue = progress { overdue.subtract(1, ordering: .relaxed) }
            progress = .ended
        }
    }
}
