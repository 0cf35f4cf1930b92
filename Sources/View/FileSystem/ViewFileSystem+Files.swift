public import Fuse
public import Model

import Foresight
import Platform
import Share
import Tiers

/// Contents.
extension ViewFileSystem {
    /// Times an open or a read that found its version gone looks for the next one. Whoever keeps changing the file is faster then.
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
        versions.find(id) { [self] file in
            if let file { return openVersion(file, request, id, flags, attempt: attempt) }
            // Without a name, and nobody has it open: the kernel looks what the name means now.
            replyReplaced(request, id)
        }
    }

    private func openVersion(
        _ file: CachedFile, _ request: FuseRequest, _ id: NodeID, _ flags: OpenFlags, attempt: Int
    ) {
        let answer = { @Sendable [self] in
            _ = answerOpen(request, id, handle: newHandle(), flags)
        }
        if file.source.isOpen { return answer() }
        let isNameless = nodes.isNameless(id)
        cache.findHead(of: file) { [self] isFound in
            if isFound { return answer() }
            if isNameless {
                replyReplaced(request, id)
                return
            }
            let handle = newHandle()
            let reader = noteOpen(request, id, handle)
            // From here on it is kept open where it loses its name.
            nodes.held(id)
            openOnShare(file, of: id) { [self] result in
                defer { released(id) }
                guard case .failure(.stale) = result else {
                    answerOpen(request, id, handle: handle, flags, noted: reader)
                    return
                }
                prefetcher.closed(id, handle: handle)
                nextVersion(of: id, instead: file) { [self] in
                    guard nodes.canBeAsked(id) else {
                        replyReplaced(request, id)
                        return
                    }
                    guard attempt < Self.versionsMax else {
                        answerOpen(request, id, handle: newHandle(), flags)
                        return
                    }
                    openForReading(request, id, flags, attempt: attempt + 1)
                }
            }
            // What comes next is on its way meanwhile, behind this.
            prefetcher.opened(id, by: reader)
        }
    }

    /// Opens what counts as open.
    func openOnShare(
        _ file: CachedFile, of id: NodeID,
        completion: @escaping @Sendable (Result<Void, Errno>) -> Void
    ) {
        share.change { (lane) throws(Errno) in
            _ = try file.source.readable(lane)
        } completion: { [nodes] result in
            if case .success = result { nodes.readOn(id, through: file.source) }
            completion(result)
        }
    }

    /// Counts the open, tells it to the kernel and to the prefetcher.
    ///
    /// - Parameter noted: who opens, where the prefetcher has been told already.
    /// - Returns: false when the kernel did not take the answer: nothing is open.
    @discardableResult
    func answerOpen(
        _ request: FuseRequest, _ id: NodeID, handle: UInt64, _ flags: OpenFlags,
        noted: Reader? = nil
    ) -> Bool {
        let isWriting = namespace.openFiles[handle] != nil
        let keepsCache = nodes.opened(id)
        let reader = noted ?? noteOpen(request, id, handle)
        // What is appended is to reach the share in one piece, among the pieces of others. By way of its page cache
        // the kernel would part it wherever it believes that a page ends. Readers are flushed as well: with a
        // descriptor go the locks of who closed it.
        let reply = FuseOpenReply(
            handle: handle, keepCache: keepsCache, directIO: flags.onlyAppends)
        letGoOfFound(id)
        if request.reply(open: reply) {
            // Behind the answer: the opener need not wait for what is fetched ahead of him.
            if !isWriting, noted == nil { prefetcher.opened(id, by: reader) }
            return true
        }
        prefetcher.closed(id, handle: handle)
        nodes.distrustPages(of: id)
        released(id)
        return false
    }

    public func release(
        _ request: FuseRequest, node: UInt64, handle: UInt64, flags: Int32, lockOwner: UInt64?
    ) {
        let id = NodeID(raw: node)
        releaseLocks(through: handle, id)
        letGo(handle, id)
        let closed = released(id)
        // Last: who waits for it finds the file open by nobody then, or waits on.
        noteClosed(id, handle)
        prefetcher.closed(id, handle: handle)
        request.reply(error: nil)
        // Whoever has read on in a film while it ceased to be young has not read its beginning anew, which would be missing when
        // the share is away.
        if let closed { cache.fetchRestAnew(closed, at: clock.monotonic) }
    }

    /// - Returns: what is known of the file's contents, where nobody has it open any more.
    @discardableResult
    func released(_ id: NodeID) -> CachedFile? {
        nodes.released(id)
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

    /// - Parameter isLate: it had to wait, and is on a thread that has other things to do.
    private func read(
        _ request: FuseRequest, _ id: NodeID, _ handle: UInt64, _ range: Range<Int64>, attempt: Int,
        isLate: Bool = false
    ) {
        guard let file = versions.current(id) else {
            request.reply(error: .stale)
            return
        }
        let start = clock.monotonic
        let followUp = prefetcher.reading(
            id, file, range, handle: handle, user: request.caller.userID,
            process: request.caller.processID, at: start,
            isPredictable: attempt == 1 && file.geometry.isCacheable)
        if let pause = followUp.pause {
            delays.submit(due: start + pause) { [self] in
                guard !request.isAnswered else { return }
                read(request, id, handle, range, attempt: attempt, isLate: true)
            }
            request.endsWhenCallerIsKilled()
            return
        }
        cache.read(
            file, range, priority: followUp.priority, memoryPriority: followUp.memoryPriority,
            // Later attempts are made by threads of the share's.
            willBlock: attempt == 1 && !isLate ? { request.endsWhenCallerIsKilled() } : nil,
            opened: range.count < Foresight.readerMin ? nil : followUp.whenOpened,
            retracted: { [self] in nextVersion(of: id, instead: file) {} }
        ) { [self] result, account in
            followUp.answered()
            let took = clock.monotonic - start
            prefetcher.answered(id, range, by: followUp.reader, account, since: start, took: took)
            switch result {
            case .success(let slices):
                readMetrics.answered(account.source, .ok, size: range.count, took: took)
                file.noteRead()
                send(slices, to: request)
            case .failure(.errno(let errno)):
                readMetrics.answered(account.source, .error, size: range.count, took: took)
                // The share may answer again by now, and have other bytes: they are not to be joined with these.
                if !errno.isAboutFile, let former = versions.goesBack(from: file, of: id),
                    let slices = cache.remembered(former, range)
                {
                    send(slices, to: request)
                } else {
                    request.reply(error: errno)
                }
            case .failure(.changed): readNext(request, id, handle, range, file, attempt)
            }
        }
        // Behind the demand read, so that it is not first in the share's queue.
        followUp.asked()
        request.endsWhenCallerIsKilled()
    }

    /// The file was another one than was asked for: reads that, unless it has become another all the time.
    private func readNext(
        _ request: FuseRequest, _ id: NodeID, _ handle: UInt64, _ range: Range<Int64>,
        _ file: CachedFile, _ attempt: Int
    ) {
        nextVersion(of: id, instead: file) { [self] in
            if let former = file.former, versions.goesOn(with: former, of: id) {
                readLast(request, former, range)
            } else if attempt < Self.versionsMax {
                read(request, id, handle, range, attempt: attempt + 1)
            } else {
                readAsItIs(request, id, range)
            }
        }
    }

    /// The share has another version than was asked for: looks what it is, then goes on.
    private func nextVersion(
        of id: NodeID, instead old: CachedFile, then: @escaping @Sendable () -> Void
    ) {
        versions.next(of: id, instead: old) { [prefetcher] in
            prefetcher.forget(id)
            then()
        }
    }

    /// Reads without another attempt. - Parameter then: called behind the answer.
    private func readLast(
        _ request: FuseRequest, _ file: CachedFile, _ range: Range<Int64>,
        then: @escaping @Sendable () -> Void = {}
    ) {
        cache.read(file, range) { [self] result, _ in
            switch result {
            case .success(let slices): send(slices, to: request)
            case .failure(.errno(let errno)): request.reply(error: errno)
            case .failure(.changed): request.reply(error: .stale)
            }
            then()
        }
    }

    /// What the share has at the moment, as any read gives of a file that is written meanwhile.
    private func readAsItIs(_ request: FuseRequest, _ id: NodeID, _ range: Range<Int64>) {
        guard let file = versions.asItIs(id) else {
            request.reply(error: .stale)
            return
        }
        // Of this moment: nobody else may be given it.
        readLast(request, file, range) { [cache] in cache.drop(file) }
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

    func noteOpen(_ request: FuseRequest, _ id: NodeID, _ handle: UInt64) -> Reader {
        prefetcher.opening(
            id, handle: handle, user: request.caller.userID, process: request.caller.processID)
    }

    /// `SEEK_DATA` and `SEEK_HOLE` are the share's to answer; where it cannot, a file is all data.
    public func seek(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, whence: SeekWhence
    ) {
        guard let file = versions.current(NodeID(raw: node)) else {
            request.reply(error: .stale)
            return
        }
        let size = file.geometry.fileSize
        guard offset >= 0, offset < size else {
            request.reply(error: .noSuchDevice)
            return
        }
        file.source.seek(to: offset, whence: whence) { result in
            switch result {
            case .success(let found): request.reply(offset: found)
            case .failure(.noSuchDevice): request.reply(error: .noSuchDevice)
            case .failure: request.reply(offset: whence == .hole ? size : offset)
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
