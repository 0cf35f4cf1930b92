import Foresight
import Model

/// One run of a ``ClientModel`` with one method, in virtual time.
struct ClientSimulation: Sendable {
    /// Bytes of one share request, at most.
    static let requestMax: Int64 = 1 << 20
    /// Of what is fetched ahead; as the tiers have it.
    static let prefetchMax: Int64 = 512 << 10
    private static let second: Int64 = 1_000_000_000

    private struct Actor: Sendable {
        /// The event it is at.
        var event: Int32
        var started: Int64 = 0
        /// Share requests that it waits for.
        var pending = 0
        /// What follows from its present read, which opens the file.
        var plan = ClientPlan()
    }

    private let model: ClientModel
    private var table: BlockTable
    private var queue: ShareQueue
    private var gauge = LinkGauge()
    private var heap = EventHeap()
    private var actors: [Actor]
    private var counts = ClientCounts()
    private var outcomes: [PageCache.Outcome] = []
    /// When the method is asked next how much may be on its way.
    private var nextLook: Int64 = 0
    /// Who opened each handle: reads of the kernel's own threads are somebody's too.
    private var openers: [UInt32: Reader] = [:]
    /// Share requests of each prediction that have not come yet.
    private var predictions: [UInt64: [Int32]] = [:]

    init(_ model: ClientModel) {
        self.model = model
        table = BlockTable(memory: model.memory)
        queue = ShareQueue(model.share, files: model.neighbourhood.files.count)
        actors = model.firstEvents.map { Actor(event: $0) }
    }

    /// Runs to the end. The method stands outside, so that it may look into the cache while it decides.
    consuming func run(_ method: some ClientMethod) -> ClientCounts {
        var method = method
        for (index, actor) in actors.enumerated() where actor.event >= 0 {
            heap.push(.reader(Int32(index)), at: model.trace.events[Int(actor.event)].at)
        }
        var hasBegun = false
        while let (now, occasion) = heap.pop() {
            if !hasBegun { carryOut(method.began(at: now), now, &method) }
            hasBegun = true
            switch occasion {
            case .reader(let reader):
                counts.length = max(counts.length, now)
                step(reader, now, &method)
            case .ready(let request):
                heap.push(.arrival(request), at: queue.carry(request, at: now))
                continue
            case .arrival(let request): arrive(request, now, &method)
            case .opened(let reader, let event):
                if actors[Int(reader)].event == event { carryOutHeld(by: reader, now, &method) }
            }
            if now >= nextLook {
                if !model.share.changes.isEmpty {
                    method.measured(
                        gauge.link(
                            of: model.share, assumed: model.share.bandwidth, at: now))
                }
                queue.bytesAheadMax = method.bytesAheadMax
                nextLook = now + Self.second
            }
            startRequests(now)
        }
        counts.fetched = queue.bytesFetched
        counts.issued = queue.bytesAhead
        return counts
    }

    // MARK: Readers

    private mutating func step(_ reader: Int32, _ now: Int64, _ method: inout some ClientMethod) {
        let index = actors[Int(reader)].event
        let event = model.trace.events[Int(index)]
        actors[Int(reader)].started = now
        let file = model.files[Int(event.file)]
        let who = model.trace.readers[Int(event.reader)]
        var identity = Reader(
            userID: 0, processID: who.processID, handle: UInt64(event.handle), program: who.program)
        if event.operation == .open { openers[event.handle] = identity }
        identity = openers[event.handle] ?? identity
        if event.operation == .close { openers[event.handle] = nil }
        if file >= 0 {
            let facts = model.neighbourhood.files[file]
            switch event.operation {
            case .open: carryOut(method.opened(facts, identity, at: now), now, &method)
            case .close: method.closed(facts, identity, at: now)
            case .read:
                let range = event.offset..<max(event.offset, min(event.end, facts.size))
                if !range.isEmpty {
                    let unit = method.unit(of: facts)
                    let read = ClientRead(
                        file: file, facts: facts, range: range, reader: identity, at: now,
                        unit: unit, blocks: Self.blocks(of: range, unit: unit))
                    let isOpen = queue.isOpen(file, at: now)
                    let missed = ask(read, reader)
                    if missed > 0 { method.missed(bytes: missed) }
                    let plan = method.read(read, outcomes: outcomes) {
                        table.find(BlockTable.key(file, $0)) != PositionTable.none
                    }
                    let start = method.start(after: read)
                    if !isOpen, actors[Int(reader)].pending > 0, start != .atOnce {
                        actors[Int(reader)].plan = plan
                        if start == .opened {
                            heap.push(
                                .opened(reader: reader, event: index),
                                at: queue.opening(of: file, at: now)
                                    + model.share.roundTrip(at: now) / 2)
                        }
                    } else {
                        carryOut(plan, now, &method)
                    }
                }
            case .write, .list, .lookup: break
            }
        }
        if actors[Int(reader)].pending == 0 { goOn(reader, now) }
    }

    /// The present event of a reader is answered: its next one comes at its time.
    private mutating func goOn(_ reader: Int32, _ now: Int64) {
        let actor = actors[Int(reader)]
        counts.stall += now - actor.started
        let next = model.nextEvents[Int(actor.event)]
        actors[Int(reader)].event = next
        guard next >= 0 else { return }
        let events = model.trace.events
        let pause = events[Int(next)].at - events[Int(actor.event)].at
        heap.push(.reader(reader), at: max(now, actor.started + pause))
    }

    /// Looks the blocks of a read up, fetches what is missing, and waits for what is on its way.
    ///
    /// - Returns: bytes of the blocks that were missing.
    private mutating func ask(_ read: ClientRead, _ reader: Int32) -> Int64 {
        var fetched: Int64 = 0
        outcomes.removeAll(keepingCapacity: true)
        var missing: Range<Int>?
        for block in read.blocks {
            let start = Int64(block) * Int64(read.unit)
            let part = read.range.clamped(to: start..<(start + Int64(read.unit)))
            let bytes = part.upperBound - part.lowerBound
            counts.asked += bytes
            let place = table.find(BlockTable.key(read.file, block))
            guard place != PositionTable.none else {
                counts.missed += bytes
                outcomes.append(.miss)
                if let run = missing, run.upperBound == block {
                    missing = run.lowerBound..<(block + 1)
                } else {
                    missing = block..<(block + 1)
                }
                if let run = missing, Int64(run.count * read.unit) >= Self.requestMax {
                    fetched += fetch(run, read, for: reader)
                    missing = nil
                }
                continue
            }
            if let run = missing {
                fetched += fetch(run, read, for: reader)
                missing = nil
            }
            let found = table[place]
            outcomes.append(found.isAhead ? .firstUse : .hit)
            if found.isAhead {
                table.markRead(place)
                counts.used += Int64(found.bytes)
                if found.request != ShareQueue.none { counts.usedLate += Int64(found.bytes) }
            }
            if found.request == ShareQueue.none {
                counts.hit += bytes
                table.touch(place)
            } else {
                wait(reader, for: found.request)
            }
        }
        if let run = missing { fetched += fetch(run, read, for: reader) }
        return fetched
    }

    private mutating func wait(_ reader: Int32, for request: Int32) {
        guard !queue[request].waiters.contains(reader) else { return }
        queue.promote(request)
        queue[request].waiters.append(reader)
        actors[Int(reader)].pending += 1
    }

    private mutating func fetch(
        _ blocks: Range<Int>, _ read: ClientRead, for reader: Int32
    ) -> Int64 {
        let id = add(blocks, read.file, unit: read.unit, prediction: 0)
        wait(reader, for: id)
        return queue[id].bytes
    }

    // MARK: Prefetches

    private mutating func carryOut(
        _ plan: ClientPlan, _ now: Int64, _ method: inout some ClientMethod
    ) {
        for number in plan.cancelled { cancel(number) }
        for wish in plan.wishes {
            let facts = model.neighbourhood.files[wish.file]
            let unit = method.unit(of: facts)
            let range = wish.range.clamped(to: 0..<facts.size)
            var bytes: Int64 = 0
            // Half of memory belongs to what people have read.
            let budget = model.memory / 2 - table.unread
            if !range.isEmpty {
                for run in missingRuns(
                    Self.blocks(of: range, unit: unit), wish.file, unit, method.requestMax)
                where bytes < budget {
                    let id = add(
                        run, wish.file, unit: unit, prediction: wish.number,
                        due: wish.schedule.due(at: Int64(run.lowerBound) * Int64(unit)))
                    bytes += queue[id].bytes
                    predictions[wish.number, default: []].append(id)
                }
            }
            method.issued(wish.number, bytes: bytes)
        }
    }

    /// Runs of blocks that are neither there nor on their way, each at most one share request long.
    private func missingRuns(
        _ blocks: Range<Int>, _ file: Int, _ unit: Int, _ requestMax: Int64
    ) -> [Range<Int>] {
        let lengthMax = max(1, Int(requestMax) / unit)
        var runs: [Range<Int>] = []
        for block in blocks
        where table.find(BlockTable.key(file, block)) == PositionTable.none {
            if let run = runs.last, run.upperBound == block, run.count < lengthMax {
                runs[runs.count - 1] = run.lowerBound..<(block + 1)
            } else {
                runs.append(block..<(block + 1))
            }
        }
        return runs
    }

    private mutating func cancel(_ number: UInt64) {
        guard let requests = predictions[number] else { return }
        predictions[number] = requests.filter { id in
            let request = queue[id]
            guard queue.cancel(id) else { return true }
            for block in request.blocks { table.forget(BlockTable.key(request.file, block)) }
            return false
        }
        if predictions[number]?.isEmpty == true { predictions[number] = nil }
    }

    // MARK: The share

    private mutating func add(
        _ blocks: Range<Int>, _ file: Int, unit: Int, prediction: UInt64,
        due: Duration = .zero
    ) -> Int32 {
        let size = model.neighbourhood.files[file].size
        let end = min(Int64(blocks.upperBound) * Int64(unit), size)
        let bytes = end - Int64(blocks.lowerBound) * Int64(unit)
        let id = queue.add(
            ShareQueue.Request(
                file: file, blocks: blocks, bytes: bytes, prediction: prediction, due: due))
        for block in blocks {
            let start = Int64(block) * Int64(unit)
            table.expect(
                BlockTable.key(file, block), bytes: Int32(min(Int64(unit), size - start)),
                request: id, isAhead: prediction != 0)
        }
        return id
    }

    private mutating func startRequests(_ now: Int64) {
        counts.unreadMost = max(counts.unreadMost, table.unread)
        while let (id, at) = queue.startNext(at: now) {
            gauge.began(at: now)
            heap.push(.ready(id), at: at)
        }
    }

    private mutating func arrive(
        _ id: Int32, _ now: Int64, _ method: inout some ClientMethod
    ) {
        let request = queue.finish(id)
        gauge.ended(bytes: request.bytes, at: now)
        for block in request.blocks { table.arrive(BlockTable.key(request.file, block)) }
        if !table.lost.isEmpty {
            for run in table.takeLost() {
                let facts = model.neighbourhood.files[run.file]
                let unit = Int64(method.unit(of: facts))
                let range =
                    Int64(run.blocks.lowerBound) * unit..<Int64(run.blocks.upperBound) * unit
                method.evicted(facts, range.clamped(to: 0..<facts.size))
            }
        }
        if request.prediction != 0, var rest = predictions[request.prediction] {
            rest.removeAll { $0 == id }
            predictions[request.prediction] = rest.isEmpty ? nil : rest
            if rest.isEmpty { method.arrived(request.prediction, at: now) }
        }
        for reader in request.waiters {
            actors[Int(reader)].pending -= 1
            guard actors[Int(reader)].pending == 0 else { continue }
            carryOutHeld(by: reader, now, &method)
            goOn(reader, now)
        }
    }

    private mutating func carryOutHeld(
        by reader: Int32, _ now: Int64, _ method: inout some ClientMethod
    ) {
        let plan = actors[Int(reader)].plan
        actors[Int(reader)].plan = ClientPlan()
        carryOut(plan, now, &method)
    }

    private static func blocks(of range: Range<Int64>, unit: Int) -> Range<Int> {
        let first = Int(range.lowerBound / Int64(unit))
        return first..<(Int((range.upperBound - 1) / Int64(unit)) + 1)
    }
}
