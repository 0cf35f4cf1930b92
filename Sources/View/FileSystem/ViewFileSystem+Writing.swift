public import Fuse
public import Model

import Glibc
import Platform
import Share
import Tiers

/// Contents that change: write-through. An answer is given when the share has taken the bytes, and by then no tier
/// holds older ones.
///
/// What follows a change is entered on the lane that made it, whether or not its caller still waits.
extension ViewFileSystem {
    // MARK: - Opening

    func openForWriting(_ request: FuseRequest, _ id: NodeID, _ flags: OpenFlags) {
        guard mayChange(request), let authority = authorityToOpen(request) else { return }
        let user = request.caller.userID
        namespace.attributes(of: id) { [self] result in
            let attributes: FileAttributes
            switch result {
            case .failure(let errno):
                request.reply(error: errno)
                return
            case .success(let (found, _)): attributes = found
            }
            guard attributes.isRegular else {
                request.reply(error: .invalid)
                return
            }
            let (location, names) = nodes.locationToOpen(id)
            guard let location else {
                request.reply(error: .stale)
                return
            }
            let truncates = flags.contains(.truncate)
            let clearsSetID = truncates && request.caller.userID != 0
            // First, as a change of size does it. (What is not known to have such bits is looked at afterwards: once more for
            // each file that is overwritten would cost a round trip.)
            let clearsFirst = clearsSetID && attributes.mode & (S_ISUID | S_ISGID) != 0
            let work: @Sendable (ShareLane) throws(Errno) -> ShareHandle = {
                [self] (lane) throws(Errno) in
                try requireOneFile(names, of: id, attributes, lane)
                let open = try lane.open(
                    location, clearsFirst ? flags.subtracting(.truncate) : flags,
                    inode: attributes.inode, for: authority)
                let file = ShareHandle.OpenFile(open)
                if clearsFirst {
                    try file.clearSetID()
                    try file.truncate(for: authority)
                }
                if truncates { nodes.change { $0.truncated(id, to: 0, at: $1, &$2) } }
                if clearsSetID, !clearsFirst { try file.clearSetID() }
                let twin = namespace.openFiles.twin(of: id, flags, for: user)
                if let twin, twin.isSameFile(as: open) { return twin }
                return open
            }
            let answer: @Sendable (Result<ShareHandle, Errno>) -> Void = { [self] in
                answerOpen(request, id, $0, flags)
            }
            guard truncates else {
                return change(work) { [versions] result in
                    // It may be read only.
                    versions.prepare(id) { answer(result) }
                }
            }
            beginChange(of: id, .wholeFile) { [self] in
                change(work) { [self] result in
                    finishChange(of: id, .wholeFile) { answer(result) }
                }
            }
        }
        request.endsWhenCallerIsKilled()
    }

    private func answerOpen(
        _ request: FuseRequest, _ id: NodeID, _ result: Result<ShareHandle, Errno>,
        _ flags: OpenFlags
    ) {
        switch result {
        case .failure(let errno):
            // Gone or replaced by others: the kernel looks again, and is to find that out.
            if let place = nodes.place(of: id) { doubt(errno, place) }
            request.reply(error: errno == .noSuchFile ? .stale : errno)
        case .success(let open):
            let handle = newHandle()
            namespace.openFiles.add(open, of: id, for: request.caller.userID, as: handle)
            if !answerOpen(request, id, handle: handle, flags) { letGo(handle, id) }
        }
    }

    public func create(
        _ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32, flags: Int32
    ) {
        guard let (place, location) = target(request, parent, name) else { return }
        let asked = OpenFlags(rawValue: flags)
        guard let authority = authorityToOpen(request) else { return }
        let user = request.caller.userID
        change { [self] (lane) throws(Errno) -> (ShareHandle, NodeID) in
            try makeOrOpen(lane, place, location.toBeMade, asked, mode: mode, authority)
        } completion: { [self] result in
            switch result {
            case .failure(let errno):
                doubt(errno, place)
                // Somebody was faster. After ESTALE the kernel looks again, and checks whether this caller may open
                // what is there.
                let isRace = errno == .exists && !asked.contains(.exclusive)
                request.reply(error: isRace ? .stale : errno)
            case .success(let (open, id)):
                let handle = newHandle()
                namespace.openFiles.add(open, of: id, for: user, as: handle)
                answerCreate(request, id, as: place, handle, asked)
            }
        }
        request.endsWhenCallerIsKilled()
    }

    /// Times a name may come and go between two questions.
    private static var makingAttemptsMax: Int { 4 }

    /// `O_CREAT`: makes the file; or, without `O_EXCL`, opens the one that others have made since the folder was looked at. In
    /// a view that several share the kernel is to find that out, since it decides who may open it. On a lane.
    private func makeOrOpen(
        _ lane: ShareLane, _ place: Node.Place, _ location: ShareLocation, _ flags: OpenFlags,
        mode: UInt32, _ authority: Authority
    ) throws(Errno) -> (ShareHandle, NodeID) {
        for _ in 1...Self.makingAttemptsMax {
            do throws(Errno) {
                let (open, attributes) = try lane.create(
                    location, flags, mode: mode, for: authority)
                let id = nodes.change { table, now, effects in
                    let id = table.made(place, attributes, at: now, &effects)
                    table.madeFile(id)
                    return id
                }
                return (open, id)
            } catch .exists where !flags.contains(.exclusive) && !configuration.isShared {
            }
            do throws(Errno) {
                return try openAppeared(lane, place, location, flags, authority)
            } catch .noSuchFile {
                // Gone again.
            }
        }
        throw .exists
    }

    private func openAppeared(
        _ lane: ShareLane, _ place: Node.Place, _ location: ShareLocation, _ flags: OpenFlags,
        _ authority: Authority
    ) throws(Errno) -> (ShareHandle, NodeID) {
        // A link is for the kernel to follow, and of all else it knows what opening means.
        let found = try lane.attributes(location)
        guard found.isRegular else { throw .exists }
        let open = try lane.open(location, flags, inode: found.inode, for: authority)
        let attributes = try ShareHandle.OpenFile(open).attributes()
        guard attributes.isRegular else { throw .exists }
        let id = nodes.change { table, now, effects in
            let id = table.made(table.listed(place), attributes, at: now, &effects)
            if flags.contains(.truncate) {
                table.truncated(id, to: 0, at: now, &effects)
                table.forgetAliasPages(of: id, &effects)
            }
            return id
        }
        return (open, id)
    }

    private func answerCreate(
        _ request: FuseRequest, _ id: NodeID, as place: Node.Place, _ handle: UInt64,
        _ flags: OpenFlags
    ) {
        guard let entry = nodes.entry(made: id, as: place, isOpen: true) else {
            letGo(handle, id)
            request.reply(error: .stale)
            return
        }
        _ = noteOpen(request, id, handle)
        let reply = FuseOpenReply(handle: handle, directIO: flags.onlyAppends)
        guard !request.reply(created: shown(entry), open: reply) else { return }
        prefetcher.closed(id, handle: handle)
        letGo(handle, id)
        released(id)
        forget(node: id.raw, count: 1)
    }

    func letGo(_ handle: UInt64, _ id: NodeID) {
        guard let (open, isUsed) = namespace.openFiles.remove(handle) else { return }
        let setsTimes = open.isWritten && share.nature.closeSetsTimes
        let isNameless = nodes.isNameless(id)
        // Another open has it too, or who reads it without a name: nothing is closed on the share now.
        guard !isUsed, !isNameless else {
            if setsTimes { closingWriters.closed(handle, of: id) }
            if isUsed { return refresh(id) }
            return share.close(open) {}
        }
        // Whoever reads what it wrote finds it by its name again.
        nodes.liveSource(of: id)?.forget(open)
        if setsTimes { closingWriters.released(handle, of: id) }
        share.close(open) { [self] in
            // By a thread that may be about anything.
            delays.submit(due: clock.monotonic) { [self] in
                if setsTimes {
                    // What was said of its times since it was written is over.
                    nodes.change { $0.markStale(id, at: $1, &$2) }
                    if closingWriters.closed(handle, of: id) { return }
                }
                refresh(id)
            }
        }
    }

    // MARK: - Writing

    public func write(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64,
        bytes: UnsafeRawBufferPointer, flags: Int32, fromCache: Bool
    ) {
        let appends = OpenFlags(rawValue: flags).contains(.append) && !fromCache
        // A share that hangs keeps the request beyond this call. Pages that are written back are few, and cannot be written in
        // part.
        let room = waitingBytes.take(bytes.count, at: offset, isWhole: fromCache)
        let bytes = TransferBuffer(
            copying: UnsafeRawBufferPointer(rebasing: bytes[..<room.count]), keeping: room)
        let clearsSetID = mayHaveToClearSetID(request, node, handle)
        changeContents(
            request, node, handle, offset..<offset + Int64(bytes.bytes.count),
            isWriteback: fromCache
        ) { [invalidator] (file, id) throws(Errno) in
            // What a program that was killed meanwhile wanted must not come behind what others write since.
            guard !request.isAnswered else { throw .interrupted }
            if clearsSetID { try file.clearSetID() }
            let written = try file.write(bytes.bytes, at: offset, appending: appends)
            if written.end != offset + Int64(written.count) {
                // Others have appended: the kernel has put these bytes where theirs are.
                invalidator.add([.inode(id)])
            }
            return (written.count, end: written.end)
        } reply: {
            request.reply(written: $0)
        }
    }

    /// Whether somebody without privileges writes past the page cache to a file with set-id bits: there the kernel does not
    /// see to them.
    private func mayHaveToClearSetID(
        _ request: FuseRequest, _ node: UInt64, _ handle: UInt64
    ) -> Bool {
        guard request.caller.userID != 0, namespace.openFiles[handle]?.flags.onlyAppends == true
        else { return false }
        let mode = nodes.known(NodeID(raw: node))?.attributes.mode
        return mode.map { $0 & (S_ISUID | S_ISGID) != 0 } ?? false
    }

    public func allocate(
        _ request: FuseRequest, node: UInt64, handle: UInt64, mode: Int32, offset: Int64,
        length: Int64
    ) {
        let keepsSize = mode & 1 != 0  // FALLOC_FL_KEEP_SIZE
        // Also what lies behind, where a range is taken out or put in.
        changeContents(request, node, handle, .wholeFile) { (file, _) throws(Errno) in
            try file.allocate(mode: mode, offset: offset, length: length)
            return (0, end: keepsSize ? 0 : offset + length)
        } reply: { _ in
            request.reply(error: nil)
        }
    }

    public func copyRange(
        _ request: FuseRequest, from source: FusePosition, to target: FusePosition, length: Int
    ) {
        let lane = share.lane
        let (end, isBeyond) = target.offset.addingReportingOverflow(Int64(length))
        changeContents(
            request, target.node, target.handle, target.offset..<(isBeyond ? .max : end)
        ) { [self] (open, _) throws(Errno) in
            do throws(Errno) {
                let count = try open.copy(
                    from: try readable(NodeID(raw: source.node), lane), at: source.offset,
                    to: target.offset, length: length)
                return (count, end: target.offset + Int64(count))
            } catch .invalid {
                throw .notSupported
            } catch .notImplemented {
                // ENOSYS would end all copying on the share for the rest of the mount.
                throw .notSupported
            }
        } reply: {
            request.reply(written: $0)
        }
    }

    /// A descriptor of what a file is now. Between finding out which version that is and opening it, the file may be written, by
    /// the kernel too, which sends pages that were changed through `mmap` when it likes. On a lane.
    private func readable(
        _ id: NodeID, _ lane: ShareLane
    ) throws(Errno) -> DescriptorReference {
        var attempt = 1
        while true {
            guard let source = versions.current(id)?.source else { throw .stale }
            do throws(Errno) {
                return try source.readable(lane)
            } catch .stale where attempt < Self.versionAttemptsMax {
                attempt += 1
                // Of a file with several names it may be opened by one that it has lost.
                nodes.change { table, _, effects in
                    table.reopen(id, insteadOf: source, &effects)
                }
            }
        }
    }

    /// Versions that a file may have while one of them is being opened.
    private static var versionAttemptsMax: Int { 3 }

    /// Runs a change of an open file's contents.
    ///
    /// - Parameter bytes: that change, as far as is known before.
    /// - Parameter isWriteback: of pages that were changed by way of `mmap`.
    /// - Parameter body: on a lane; returns what `reply` needs, and the offset behind what was written.
    private func changeContents(
        _ request: FuseRequest, _ node: UInt64, _ handle: UInt64, _ bytes: Range<Int64>,
        isWriteback: Bool = false,
        _ body:
            @escaping @Sendable (ShareHandle.OpenFile, NodeID) throws(Errno) -> (
                Int, end: Int64
            ),
        reply: @escaping @Sendable (Int) -> Void
    ) {
        let id = NodeID(raw: node)
        guard let open = namespace.openFiles[handle] else {
            request.reply(error: .badDescriptor)
            return
        }
        let work = { @Sendable [self] in
            open.perform { [nodes, disk] (file) throws(Errno) -> Int in
                disk?.noteChange()
                let wrote = { @Sendable (end: Int64) in
                    nodes.change { table, now, effects in
                        table.wrote(id, end: end, at: now, &effects)
                        if isWriteback { table.forgetAliasPages(of: id, &effects) }
                    }
                }
                do throws(Errno) {
                    let (count, end) = try body(file, id)
                    wrote(end)
                    return count
                } catch {
                    // A part may have been taken; and whoever read meanwhile may have old bytes.
                    wrote(0)
                    throw error
                }
            } completion: { [self] result in
                let answer = { @Sendable in
                    switch result {
                    case .success(let count): reply(count)
                    case .failure(let errno): request.reply(error: errno)
                    }
                }
                // The kernel would go on showing what was stored through `mmap` and came nowhere.
                if case .failure = result { invalidator.add([.inode(id)]) }
                if isWriteback { answer() } else { finishChange(of: id, bytes, answer) }
            }
        }
        // From here on nobody reads an older version out of a tier.
        if isWriteback {
            // The kernel waits for these pages while it drops those of others.
            nodes.change { $0.willWrite(id, at: $1, &$2) }
            work()
        } else {
            beginChange(of: id, bytes, work)
        }
        request.endsWhenCallerIsKilled()
    }

    // MARK: - Flushing

    public func flush(_ request: FuseRequest, node: UInt64, handle: UInt64, lockOwner: UInt64) {
        // Most have nothing to send and no locks, and are answered at once. Who gets the lock next must find what was
        // written under it.
        let id = NodeID(raw: node)
        noteClosing(id, handle)
        let open = namespace.openFiles[handle]
        if let open, open.isWritten, share.nature.closeSetsTimes {
            closingWriters.flushed(handle, of: id)
        }
        guard let open, open.needsFlush else {
            releaseLocks(of: lockOwner, id) { request.reply(error: nil) }
            request.endsWhenCallerIsKilled()
            return
        }
        open.perform { (file) throws(Errno) in
            try file.flush()
        } completion: { [self] result in
            releaseLocks(of: lockOwner, id) { Self.answer(request, result) }
        }
        request.endsWhenCallerIsKilled()
    }

    public func synchronize(_ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool) {
        let id = NodeID(raw: node)
        if let open = namespace.openFiles[handle] ?? namespace.openFiles.handle(of: id) {
            finish(request, open) { (file) throws(Errno) in
                try file.synchronize(dataOnly: dataOnly)
            }
            return
        }
        // Through a descriptor that only reads: what others have written is meant.
        guard let (location, inode) = nodes.named(id) else {
            request.reply(error: nil)
            return
        }
        finish(request) { (lane) throws(Errno) in
            let open = try lane.open(location, .readOnly, inode: inode, for: .daemon)
            try ShareHandle.OpenFile(open).synchronize(dataOnly: dataOnly)
        }
    }

    public func synchronizeDirectory(
        _ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool
    ) {
        guard let (location, _) = nodes.named(NodeID(raw: node)) else {
            request.reply(error: nil)
            return
        }
        finish(request) { (lane) throws(Errno) in
            try lane.synchronizeDirectory(location, dataOnly: dataOnly)
        }
    }

    private func finish(
        _ request: FuseRequest, _ open: ShareHandle,
        _ work: @escaping @Sendable (ShareHandle.OpenFile) throws(Errno) -> Void
    ) {
        open.perform(work) { Self.answer(request, $0) }
        request.endsWhenCallerIsKilled()
    }

    private func finish(
        _ request: FuseRequest, _ work: @escaping @Sendable (ShareLane) throws(Errno) -> Void
    ) {
        share.change(work) { Self.answer(request, $0) }
        request.endsWhenCallerIsKilled()
    }

    static func answer(_ request: FuseRequest, _ result: Result<Void, Errno>) {
        switch result {
        case .success: request.reply(error: nil)
        case .failure(let errno): request.reply(error: errno)
        }
    }
}

extension Range<Int64> {
    /// All bytes that a file may have.
    static var wholeFile: Self { 0..<Int64.max }
}
