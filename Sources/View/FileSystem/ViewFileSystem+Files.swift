public import Fuse

import Foresight
import Model
import Platform
import Share
import Tiers
import Synchronization

/// Contents.
extension ViewFileSystem {
    /// Times a read that found its version gone looks for the next one, before it gives up with ESTALE.
    private static var versionsMax: Int { 4 }

    public func open(_ request: FuseRequest, node: UInt64, flags: Int32) {
        let id = NodeID(raw: node)
        let asked = OpenFlags(rawValue: flags)
        if asked.accessMode != .readOnly || asked.contains(.truncate) {
            openForWriting(request, id, asked)
            return
        }
        openForReading(request, id, asked, attempt: 1)
        request.endsWhenCallerIsKilled()
    }

    private func openForReading(
        _ request: FuseRequest, _ id: NodeID, _ flags: OpenFlags, attempt: Int
    ) {
        namespace.attributes(of: id) { [self] result in
            switch result {
            case .failure(.stale): replyReplaced(request, id)
            case .failure(let errno): request.reply(error: errno)
            case .success(let (attributes, _)):
                guard attributes.isRegular else {
                    request.reply(error: .invalid)
                    return
                }
                admit(request, flags.isForRunning ? .execute : .read, on: id) { [self] in
                    openVersion(request, id, flags, attempt: attempt)
                }
            }
        }
    }

    /// An open yields a version that can be read: what is cached of it from its start, or what the share has open. Until then
    /// the file may have been replaced, and the first read would find that out when it is too late to look for another.
    ///
    /// That costs no round trip: the first read would open the file on the share before it reads.
    private func openVersion(
        _ request: FuseRequest, _ id: NodeID, _ flags: OpenFlags, attempt: Int
    ) {
        guard let file = currentFile(id) else {
            // Without a name, and nobody has it open: the kernel looks what the name means now.
            replyReplaced(request, id)
            return
        }
        let answer = { @Sendable [self] in
            _ = answerOpen(request, id, handle: newHandle(), flags)
        }
        if file.source.isOpen { return answer() }
        let isNameless = namespace.table.withLock { $0[id]?.isDetached ?? true }
        cache.findHead(of: file) { [self] isFound in
            if isFound { return answer() }
            if isNameless {
                replyReplaced(request, id)
                return
            }
            let handle = newHandle()
            let reader = noteOpen(request, id, handle)
            // From here on it is kept open where it loses its name.
            namespace.table.withLock { $0.held(id) }
            openOnShare(file, of: id) { [self] result in
                defer { released(id) }
                guard case .failure(.stale) = result else {
                    answerOpen(request, id, handle: handle, flags, noted: reader)
                    return
                }
                noteClose(id, handle)
                guard attempt < Self.versionsMax else {
                    replyReplaced(request, id)
                    return
                }
                nextVersion(of: id, instead: file) { [self] in
                    guard namespace.table.withLock({ $0.canBeAsked(id) }) else {
                        replyReplaced(request, id)
                        return
                    }
                    openForReading(request, id, flags, attempt: attempt + 1)
                }
            }
            // What comes next is on its way meanwhile, behind this.
            planOpen(id, reader)
        }
    }

    /// Opens what counts as open.
    func openOnShare(
        _ file: CachedFile, of id: NodeID,
        completion: @escaping @Sendable (Result<Void, Errno>) -> Void
    ) {
        share.change { (lane) throws(Errno) in
            _ = try file.source.readable(lane)
        } completion: { [namespace] result in
            // Its name may be gone by now, which what is open outlasts.
            if case .success = result {
                namespace.table.withLock { $0.readOn(id, through: file.source) }
            }
            completion(result)
        }
    }

    /// Counts the open, tells it to the kernel and to Foresight.
    ///
    /// - Parameter noted: who opens, where Foresight has been told already.
    /// - Returns: false when the kernel did not take the answer: nothing is open.
    @discardableResult
    func answerOpen(
        _ request: FuseRequest, _ id: NodeID, handle: UInt64, _ flags: OpenFlags,
        noted: Reader? = nil
    ) -> Bool {
        let isWriting = namespace.openFiles[handle] != nil
        // Seen to have changed since: the kernel's pages go with this very open. So do those of a version
        // that may have changed without its time moving.
        let keepsCache = namespace.table.withLock { table -> Bool in
            let isSettled =
                table[id]?.isDirty == true || table[id]?.file?.identity.isPersistent != false
            return table.opened(id) && isSettled
        }
        let reader = noted ?? noteOpen(request, id, handle)
        // What is appended is to reach the share in one piece, among the pieces of others. By way of its page cache
        // the kernel would part it wherever it believes that a page ends. Readers are flushed as well: with a
        // descriptor go the locks of who closed it.
        let reply = FuseOpenReply(
            handle: handle, keepCache: keepsCache, directIO: flags.onlyAppends)
        letGoOfFound(id)
        if request.reply(open: reply) {
            // Behind the answer: the opener need not wait for what is fetched ahead of him.
            if !isWriting, noted == nil { planOpen(id, reader) }
            return true
        }
        noteClose(id, handle)
        // Nothing was opened, so nothing was dropped either.
        namespace.table.withLock { $0.distrustPages(of: id) }
        released(id)
        return false
    }

    public func release(
        _ request: FuseRequest, node: UInt64, handle: UInt64, flags: Int32, lockOwner: UInt64?
    ) {
        let id = NodeID(raw: node)
        releaseLocks(through: handle, id)
        letGo(handle, id)
        noteClosed(id, handle)
        let closed = released(id)
        noteClose(id, handle)
        request.reply(error: nil)
        // Whoever has read on in a film while it ceased to be young has not read its beginning anew, which would be missing when
        // the share is away.
        if let closed { cache.fetchRestAnew(closed, at: clock.monotonic) }
    }

    /// - Returns: what is known of the file's contents, where nobody has it open any more.
    @discardableResult
    func released(_ id: NodeID) -> CachedFile? {
        var effects = NodeTable.Effects()
        let file = namespace.table.withLock { table in
            table.released(id, &effects)
            return table[id].flatMap { $0.opens == 0 ? $0.file : nil }
        }
        namespace.apply(effects)
        return file
    }

    public func read(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int
    ) {
        guard offset >= 0, size >= 0, let end = offset.adding(size) else {
            request.reply(error: .invalid)
            return
        }
        read(request, NodeID(raw: node), handle, offset..<end, attempt: 1)
    }

    private func read(
        _ request: FuseRequest, _ id: NodeID, _ handle: UInt64, _ range: Range<Int64>, attempt: Int
    ) {
        guard let file = currentFile(id) else {
            request.reply(error: .stale)
            return
        }
        let reader = reader(of: handle, request)
        let start = clock.monotonic
        let isPredictable = attempt == 1 && file.geometry.isCacheable
        let (plan, isScanner) =
            isPredictable ? plan(id, file, range, reader, at: start) : (PrefetchPlan(), false)
        // Until the share has the file open, what is fetched ahead would only wait for that, in the lanes of others. And it
        // would share the link with the first bytes that anybody gets of it.
        let isFirst = file.isFirstRead()
        let held = plan.isEmpty || file.source.isOpen && !isFirst ? nil : HeldPlan(plan)
        cache.read(
            file, range, isTransient: isScanner,
            // Later attempts are made by threads of the share's.
            willBlock: attempt == 1 ? { request.endsWhenCallerIsKilled() } : nil,
            opened: held.flatMap { held in
                range.count < Foresight.readerMin ? nil : onceOpen(held, for: reader)
            },
            retracted: { [self] in nextVersion(of: id, instead: file) {} }
        ) { [self] result, account in
            if let held { carryOut(held, for: reader) }
            note(id, range, reader, account, since: start)
            switch result {
            case .success(let slices):
                file.noteRead()
                send(slices, to: request)
            case .failure(.errno(let errno)):
                // The share may answer again by now, and have other bytes: they are not to be joined with these.
                if !errno.isAboutFile, let former = goesBack(from: file, of: id),
                    let slices = cache.remembered(former, range)
                {
                    send(slices, to: request)
                } else {
                    request.reply(error: errno)
                }
            case .failure(.changed):
                guard attempt < Self.versionsMax else {
                    request.reply(error: .stale)
                    return
                }
                nextVersion(of: id, instead: file) { [self] in
                    if let former = file.former, goesOn(with: former, of: id) {
                        readLast(request, former, range)
                    } else {
                        read(request, id, handle, range, attempt: attempt + 1)
                    }
                }
            }
        }
        // Behind the demand read, so that it is not first in the share's queue.
        if held == nil { carryOut(plan, for: reader) }
        request.endsWhenCallerIsKilled()
    }

    /// What was about to be read anew, only because it was young when it was read first, has lost its name meanwhile: who has
    /// it open goes on with what is in memory of it.
    private func goesOn(with file: CachedFile, of id: NodeID) -> Bool {
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
    private func goesBack(from fresh: CachedFile, of id: NodeID) -> CachedFile? {
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

    private func readLast(_ request: FuseRequest, _ file: CachedFile, _ range: Range<Int64>) {
        cache.read(file, range) { [self] result, _ in
            switch result {
            case .success(let slices): send(slices, to: request)
            case .failure(.errno(let errno)): request.reply(error: errno)
            case .failure(.changed): request.reply(error: .stale)
            }
        }
    }

    /// How a read was answered.
    private func note(
        _ id: NodeID, _ range: Range<Int64>, _ reader: Reader, _ account: ReadAccount,
        since start: Duration
    ) {
        if account.missedBytes > 0 {
            foresight.withLock { $0.missed(bytes: account.missedBytes) }
        }
        let source: AccessRecord.Source =
            switch account.source {
            case .memory: .memory
            case .tier: .disk
            case .share: .share
            }
        record(
            AccessRecord(
                at: start, operation: .read, file: FileNumber(id.raw), offset: range.lowerBound,
                length: Int64(range.count), reader: reader, source: source,
                duration: clock.monotonic - start))
    }

    private func send(_ slices: [BlockSlice], to request: FuseRequest) {
        // The slices keep the buffers alive until the kernel has copied them.
        withExtendedLifetime(slices) {
            if let only = slices.first, slices.count == 1 {
                _ = request.reply(bytes: only.bytes)
            } else {
                _ = request.reply(buffers: slices.map(\.bytes))
            }
        }
    }

    /// The version of a node that is read now; made from its attributes on the first read.
    func currentFile(_ id: NodeID) -> CachedFile? {
        let known = namespace.table.withLock {
            table -> (Node, RelativePath?, isInDoubt: Bool)? in
            guard table.isKnown(id), let node = table[id] else { return nil }
            return (node, table.path(of: id), table.inDoubt.contains(id))
        }
        guard let (node, path, isInDoubt) = known else { return nil }
        if node.isDirty || path == nil || isInDoubt { return liveFile(id) }
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
            fingerprint: Fingerprint(attributes, consistency: configuration.consistency),
            anchor: configuration.isShared ? anchor(FileIdentity(attributes)) : nil,
            now: clock.wall, seenFor: seenFor)
        // Read anew, it is opened anew: the name may be another file's by now, and whoever opens it waits for that.
        if let file { share.forget(file.source) }
        let fresh = cache.file(identity, instead: file)
        // Two first reads may race; the one who came second takes the other's.
        var effects = NodeTable.Effects()
        let chosen = namespace.table.withLock { table -> CachedFile? in
            guard table.isKnown(id), let node = table[id] else { return nil }
            if let current = node.file, current !== file { return current }
            // Written to since: what the share holds is not this version any more.
            if node.isDirty { return nil }
            guard node.attributes == attributes else { return fresh }
            if file != nil { table.beginVersion(id) }
            table[id]?.file = fresh
            // What was in memory of it leaves as it is not used; until then it may be all that is left, see `goesOn`.
            if file != nil { effects.notices.append(.inode(id)) }
            return fresh
        }
        namespace.apply(effects)
        return chosen ?? liveFile(id)
    }

    /// A file that is being written, or has no name: read as it is on the share now.
    private func liveFile(_ id: NodeID) -> CachedFile? {
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

    /// The share has another version than was asked for: look what it is, then go on.
    private func nextVersion(
        of id: NodeID, instead old: CachedFile, then: @escaping @Sendable () -> Void
    ) {
        namespace.attributes(of: id, fresh: true) { [self] _ in
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
            foresight.withLock { $0.forget(FileNumber(id.raw)) }
            then()
        }
    }

    /// `SEEK_DATA` and `SEEK_HOLE` are the share's to answer; where it cannot, a file is all data.
    public func seek(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, whence: Int32
    ) {
        guard let file = currentFile(NodeID(raw: node)) else {
            request.reply(error: .stale)
            return
        }
        let size = file.geometry.fileSize
        guard offset >= 0, offset < size else {
            request.reply(error: .noSuchDevice)
            return
        }
        let isHole = whence == 4
        file.source.seek(to: offset, whence: whence) { result in
            switch result {
            case .success(let found): request.reply(offset: found)
            case .failure(.noSuchDevice): request.reply(error: .noSuchDevice)
            case .failure: request.reply(offset: isHole ? size : offset)
            }
        }
        request.endsWhenCallerIsKilled()
    }
}

extension OpenFlags {
    /// What the kernel opens to execute it (`__FMODE_EXEC` of its `fs.h`): that needs no right to read.
    fileprivate var isForRunning: Bool { rawValue & 0x20 != 0 }
}

extension Int64 {
    /// nil when it does not fit.
    fileprivate func adding(_ count: Int) -> Int64? {
        let (sum, overflow) = addingReportingOverflow(Int64(count))
        return overflow ? nil : sum
    }
}
