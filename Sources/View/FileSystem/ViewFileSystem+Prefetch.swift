import Foresight
import Fuse
import Model
import Platform
import Share
import Synchronization
import Tiers

/// Foresight's eyes and hands: events go in under its lock, what it wants is carried out behind it.
extension ViewFileSystem {
    var neighbourhood: ViewNeighbourhood { ViewNeighbourhood(namespace: namespace) }

    /// The reader behind a handle: who opened it. A read's own process may be a kernel thread.
    func reader(of handle: UInt64, _ request: FuseRequest) -> Reader {
        if let known = readers.withLock({ $0[handle] }) { return known }
        return Reader(
            userID: request.caller.userID, processID: request.caller.processID, handle: handle)
    }

    /// A file is being opened. Before the answer, so that its release finds the handle.
    func noteOpen(_ request: FuseRequest, _ id: NodeID, _ handle: UInt64) -> Reader {
        let reader = Reader(
            userID: request.caller.userID, processID: request.caller.processID, handle: handle,
            program: ProgramName.of(process: request.caller.processID))
        _ = programs.withLock { $0.insert(reader.program, for: reader.processID) }
        readers.withLock { $0[handle] = reader }
        record(
            AccessRecord(
                at: clock.monotonic, operation: .open, file: FileNumber(id.raw), reader: reader))
        return reader
    }

    /// A file was opened: its index and its neighbours are on their way before they are asked for.
    func planOpen(_ id: NodeID, _ reader: Reader) {
        let now = clock.monotonic
        let known = namespace.table.withLock {
            table -> (FolderNumber, RelativePath, FileAttributes)? in
            guard let node = table[id], let path = table.path(of: id) else { return nil }
            return (FolderNumber(node.place.parent.raw), path, node.attributes)
        }
        guard let (folder, path, attributes) = known else { return }
        let facts = ViewNeighbourhood.facts(
            id, in: folder, path: path, attributes.size, inode: attributes.inode)
        let event = OpenEvent(file: facts, reader: reader, at: now)
        let plan = foresight.withLock { $0.opened(event, among: neighbourhood) }
        carryOut(plan, for: reader)
    }

    func noteClose(_ id: NodeID, _ handle: UInt64) {
        guard let reader = readers.withLock({ $0.removeValue(forKey: handle) }) else { return }
        let now = clock.monotonic
        record(AccessRecord(at: now, operation: .close, file: FileNumber(id.raw), reader: reader))
        foresight.withLock { $0.closed(FileNumber(id.raw), reader: reader, at: now) }
    }

    /// Something other than a read, by whoever asks. - Parameter node: 0 where nothing was found, which is not kept.
    func record(
        _ request: FuseRequest, _ operation: AccessRecord.Operation, _ node: UInt64,
        offset: Int64 = 0, length: Int64 = 0, since start: Duration
    ) {
        guard node != 0 else { return }
        let process = request.caller.processID
        let known = programs.withLock { $0.value(for: process) }
        let program = known ?? ProgramName.of(process: process)
        if known == nil { _ = programs.withLock { $0.insert(program, for: process) } }
        record(
            AccessRecord(
                at: start, operation: operation, file: FileNumber(node), offset: offset,
                length: length,
                reader: Reader(
                    userID: request.caller.userID, processID: process, handle: 0, program: program),
                duration: clock.monotonic - start))
    }

    func record(_ record: AccessRecord) {
        recorder.withLock { $0.append(record) }
    }

    /// What follows from a read. - Parameter at: when it arrived.
    func plan(
        _ id: NodeID, _ file: CachedFile, _ range: Range<Int64>, _ reader: Reader, at now: Duration
    ) -> (plan: PrefetchPlan, isScanner: Bool) {
        let size = file.geometry.fileSize
        let event = ReadEvent(
            file: FileNumber(id.raw), fileSize: size, chunkSize: file.geometry.chunkSize,
            range: range.clamped(to: 0..<max(range.lowerBound, size)), reader: reader, at: now,
            isWarm: cache.holdsRead(file, range))
        return foresight.withLock { foresight in
            (foresight.read(event, among: neighbourhood), foresight.isScanner(reader))
        }
    }

    func carryOut(_ plan: PrefetchPlan, for reader: Reader) {
        guard !plan.isEmpty else { return }
        for request in plan.cancellations {
            if let file = knownFile(NodeID(raw: request.file.value)) {
                cache.cancelPrefetch(file, request.range)
            }
        }
        let isScanner =
            !plan.requests.isEmpty && foresight.withLock { $0.isScanner(reader) }
        for request in plan.requests { fetch(request, isTransient: isScanner) }
        for folder in plan.listings { namespace.listAhead(NodeID(raw: folder.value)) }
    }

    /// What follows from the first read of a file; carried out once, by whoever comes first.
    typealias HeldPlan = Mutexed<PrefetchPlan?>

    /// To be called when the share has the file open. Half a round trip later the reader's own request has reached the
    /// share, and no other can come before it there.
    func onceOpen(_ held: HeldPlan, for reader: Reader) -> @Sendable () -> Void {
        { [self] in
            let way = Duration.nanoseconds(roundTrip.load(ordering: .relaxed) / 2)
            delays.submit(due: clock.monotonic + way) { [self] in carryOut(held, for: reader) }
        }
    }

    func carryOut(_ held: HeldPlan, for reader: Reader) {
        if let plan = held.withLock({ $0.take() }) { carryOut(plan, for: reader) }
    }

    private func fetch(_ request: PrefetchRequest, isTransient: Bool) {
        let id = NodeID(raw: request.file.value)
        guard let file = currentFile(id) else {
            foresight.withLock { $0.issued(request.number, bytes: 0) }
            return
        }
        // The outcome may come back before we know its size: it is told after the size, whoever is first.
        let arrival = Mutexed(Arrival())
        let outcome = cache.prefetch(
            file, request.range, owner: request.file.value, isTransient: isTransient,
            schedule: request.schedule
        ) { [self] in
            let isCounted = arrival.withLock { arrival -> Bool in
                arrival.hasCome = true
                return arrival.isCounted
            }
            if isCounted { tellArrival(request) }
        }
        foresight.withLock { $0.issued(request.number, bytes: outcome.bytes) }
        let hasCome = arrival.withLock { arrival -> Bool in
            arrival.isCounted = true
            return arrival.hasCome
        }
        if hasCome, outcome.bytes > 0 { tellArrival(request) }
    }

    private struct Arrival: Sendable {
        var hasCome = false
        var isCounted = false
    }

    private func tellArrival(_ request: PrefetchRequest) {
        let now = clock.monotonic
        foresight.withLock { $0.arrived(request.number, at: now) }
    }

    private func knownFile(_ id: NodeID) -> CachedFile? {
        namespace.table.withLock { $0[id]?.file }
    }

    // MARK: - Upkeep

    /// A NAS behind a gigabit, until something was measured.
    static var assumedLink: LinkState {
        LinkState(roundTrip: .milliseconds(8), bandwidth: 100e6)
    }

    /// Once a second: what the link gives, and how much may be on its way at once; and what needs not be open any more.
    func tellLink() {
        let estimate = share.linkEstimate
        let link = LinkState(
            roundTrip: estimate.roundTrip ?? Self.assumedLink.roundTrip,
            bandwidth: estimate.bandwidth ?? Self.assumedLink.bandwidth)
        roundTrip.store(Int64(link.roundTrip / .nanoseconds(1)), ordering: .relaxed)
        let bytes = foresight.withLock { foresight -> Int in
            foresight.setLink(link)
            return foresight.bytesAheadMax(requestMax: ChunkCache.prefetchSizeMax)
        }
        share.scheduler.setBytesAhead(max: bytes)
        letGoOfUnused()
    }

    func tellLoad(_ pressure: Pressure) {
        foresight.withLock { $0.setPressure(pressure) }
    }

    func tellEvictions(_ evictions: [UnreadEviction]) {
        foresight.withLock { foresight in
            for eviction in evictions {
                foresight.evicted(FileNumber(eviction.owner), eviction.range)
            }
        }
    }
}
