import Foresight
import Model
import Testing

@testable import Replay

/// A share with a round trip of 8 ms and 100 MB/s: a page takes 40,960 ns on the link, 128 KiB 1,310,720 ns.
@Suite struct ClientModelTests {
    private static let roundTrip: Int64 = 8_000_000
    private static let page: Int64 = 40_960
    private static let window: Int64 = 1_310_720

    private func counts(
        _ lines: [String], _ method: some ClientMethod, memory: Int64? = nil,
        files: [String] = ["5\ta/b.mkv\t1048576", "6\ta/c.mkv\t1048576"]
    ) throws -> ClientCounts {
        let model = try ClientModel(
            try Hand.clients(lines), try Hand.files(files), memory: memory, share: ShareModel(),
            path: "t.csv")
        return ClientSimulation(model).run(method)
    }

    @Test func theFirstReadOpensTheFileAndEveryMissWaits() throws {
        let lines = ["0,5,0,0,O,a:1,1", "0,5,0,4096,R,a:1,1", "0.1,5,4096,4096,R,a:1,1"]
        let none = try counts(lines, ClientNone())
        #expect(none.stall == 2 * Self.roundTrip + Self.page + Self.roundTrip + Self.page)
        #expect(none.fetched == 8192 && none.missed == 8192 && none.hit == 0)
        // The window is there before the second read begins.
        let next = try counts(lines, ClientNext(bytes: 128 << 10))
        #expect(next.stall == 2 * Self.roundTrip + Self.page)
        #expect(next.missed == 4096 && next.hit == 4096)
        #expect(next.used == 4096 && next.usedLate == 0)
        // The second read fetches a page more behind the window.
        #expect(next.issued == (128 << 10) + 4096)
    }

    @Test func aReaderWaitsForItsAnswerAndThenGoesOnAtItsPace() throws {
        // The second read was recorded 1 ms after the first, which takes 16: it starts when that is answered.
        let lines = [
            "0,5,0,4096,R,a:1,1", "0.001,5,4096,4096,R,a:1,1", "0.101,5,0,4096,R,a:1,1",
        ]
        let none = try counts(lines, ClientNone())
        #expect(none.stall == 3 * Self.roundTrip + 2 * Self.page)
        // The third comes 100 ms after the start of the second.
        #expect(none.length == 2 * Self.roundTrip + Self.page + 100_000_000)
        #expect(none.hit == 4096)
        // The window is on its way when the second read wants it: it waits for the rest.
        let next = try counts(lines, ClientNext(bytes: 128 << 10))
        #expect(next.stall == 2 * Self.roundTrip + Self.page + Self.window)
        #expect(next.usedLate == 4096)
    }

    @Test func aReadBeyondTheEndIsClippedAndLargeOnesAreCut() throws {
        let none = try counts(
            ["0,5,0,4194304,R,a:1,1", "1,5,1048576,4096,R,a:1,1"], ClientNone())
        #expect(none.asked == 1 << 20)
        #expect(none.fetched == 1 << 20)
        let three = try counts(
            ["0,7,0,3145728,R,a:1,1"], ClientNone(), files: ["7\tx\t3145728"])
        // Three requests, one after the other on the link, all waiting for the opening only once.
        #expect(three.stall == 2 * Self.roundTrip + 3 * ShareModel().transfer(1 << 20))
    }

    @Test func demandGoesBeforeWhatIsFetchedAhead() {
        var queue = ShareQueue(ShareModel(roundTrip: 1000, bandwidth: 1e9, lanes: 8), files: 1)
        func request(_ block: Int, prediction: UInt64) -> ShareQueue.Request {
            ShareQueue.Request(
                file: 0, blocks: block..<(block + 1), bytes: 100, prediction: prediction)
        }
        var ahead: [Int32] = []
        for block in 0..<10 { ahead.append(queue.add(request(block, prediction: 1))) }
        var started: [Int32] = []
        while let (id, _) = queue.startNext(at: 0) { started.append(id) }
        // One lane of eight is never theirs.
        #expect(started == Array(ahead[0..<7]))
        let demand = queue.add(request(20, prediction: 0))
        let first = queue.startNext(at: 10)
        func start(_ at: Int64) -> Int32? { queue.startNext(at: at)?.0 }
        // One opening for all: ready at 1000, first byte at 2000, seven requests before it on the link.
        #expect(first?.0 == demand && first?.1 == 2000)
        let ends = (ahead[0..<7] + [demand]).map { queue.carry($0, at: 2000) }
        #expect(ends == (1...8).map { Int64(2000 + 100 * $0) })
        #expect(start(10) == nil)
        // Somebody waits for the last one: it overtakes the others.
        queue.promote(ahead[9])
        let isCancelled = queue.cancel(ahead[8])
        #expect(isCancelled)
        _ = queue.finish(demand)
        #expect(start(3000) == ahead[9])
        // All eight are taken; then one of seven ahead comes free for the next.
        #expect(start(3000) == nil)
        _ = queue.finish(ahead[0])
        #expect(start(3000) == ahead[7])
        _ = queue.finish(ahead[2])
        _ = queue.finish(ahead[3])
        #expect(start(3000) == nil)  // the cancelled one is not started
        #expect(queue.bytesFetched == 1000 && queue.bytesAhead == 900)
    }

    @Test func aFileThatIsBeingOpenedDoesNotHoldTheLinkUp() throws {
        // One second apart: the first file is open when both are read at once, the second is not.
        let lines = [
            "0,5,0,4096,R,a:1,1", "1,6,0,4096,R,b:2,2", "1,5,4096,4096,R,a:1,1",
        ]
        let none = try counts(lines, ClientNone())
        // The one that has to be opened asks first and comes last; nobody waits for the other.
        #expect(none.stall == (2 + 2 + 1) * Self.roundTrip + 3 * Self.page)
    }

    @Test func whatIsFetchedAheadGoesByWhenItIsDue() {
        var queue = ShareQueue(ShareModel(roundTrip: 1000, bandwidth: 1e9, lanes: 2), files: 1)
        var ids: [Int32] = []
        for (block, due) in [30, 10, 20, 10].enumerated() {
            ids.append(
                queue.add(
                    ShareQueue.Request(
                        file: 0, blocks: block..<(block + 1), bytes: 100, prediction: 1,
                        due: .nanoseconds(due))))
        }
        var order: [Int32] = []
        while let (id, _) = queue.startNext(at: 0) {
            order.append(id)
            _ = queue.finish(id)
        }
        #expect(order == [ids[1], ids[3], ids[2], ids[0]])
    }

    @Test func smallReadsThatSomebodyWaitsForAreNeverHeldBack() {
        var queue = ShareQueue(ShareModel(), files: 1)
        queue.bytesAheadMax = 300_000
        func add(_ block: Int, bytes: Int64, prediction: UInt64) -> Int32 {
            queue.add(
                ShareQueue.Request(
                    file: 0, blocks: block..<(block + 1), bytes: bytes, prediction: prediction))
        }
        let first = add(0, bytes: 250_000, prediction: 1)
        #expect(queue.startNext(at: 0)?.0 == first)
        let large = add(1, bytes: 200_000, prediction: 0)
        let small = add(2, bytes: 128 << 10, prediction: 0)
        #expect(queue.startNext(at: 0)?.0 == small)
        // There would be room for less, which nobody waits for: it is kept for the large one.
        _ = add(3, bytes: 10_000, prediction: 1)
        _ = queue.finish(small)
        let none = queue.startNext(at: 0)?.0
        #expect(none == nil)
        _ = queue.finish(first)
        #expect(queue.startNext(at: 0)?.0 == large)
    }

    // MARK: The oracle

    private func oracle(
        _ lines: [String], memory: Int64? = nil, blockMax: Int? = nil
    ) throws -> ClientCounts {
        let model = try ClientModel(
            try Hand.clients(lines),
            try Hand.files(["5\ta/b.mkv\t67108864", "6\ta/c.mkv\t1048576"]), memory: memory,
            share: ShareModel(), path: "t.csv")
        return ClientSimulation(model).run(ClientOracle(model, blockMax: blockMax))
    }

    @Test func theOracleIsThereBeforeTheSecondFileIsOpened() throws {
        let lines = [
            "0,5,8192,4096,R,a:1,1", "0.1,6,0,0,O,b:2,2", "0.1,6,20480,4096,R,b:2,2",
            "0.2,5,524288,4096,R,a:1,1",
        ]
        let pages = try oracle(lines)
        // Nobody can have the very first bytes sooner; the rest comes meanwhile, and nothing else does.
        #expect(pages.stall == 2 * Self.roundTrip + Self.page)
        #expect(pages.fetched == 3 * 4096 && pages.used == 3 * 4096)
        let blocks = try oracle(lines, blockMax: 64 << 10)
        #expect(blocks.fetched == 3 * 65_536)
    }

    private func runOracle(_ lines: [String], memory: Int64? = nil) throws -> ClientCounts {
        let model = try ClientModel(
            try Hand.clients(lines),
            try Hand.files(["5\ta/b.mkv\t67108864", "6\ta/c.mkv\t1048576"]), memory: memory,
            share: ShareModel(), path: "t.csv")
        return ClientSimulation(model).run(ClientRunOracle(model, blockMax: 4096))
    }

    @Test func theOracleOfRunsKnowsWhereTheyEndAndNotWhereTheyBegin() throws {
        // Three reads in a row with time between them, a jump of two, and another file.
        let lines = [
            "0,5,0,4096,R,a:1,1", "0.1,5,4096,4096,R,a:1,1", "0.2,5,8192,4096,R,a:1,1",
            "0.3,5,33554432,4096,R,a:1,1", "0.4,5,33558528,4096,R,a:1,1",
            "0.5,6,0,4096,R,a:1,2", "0.6,5,12288,4096,R,a:1,1",
        ]
        let counts = try runOracle(lines)
        // Opening and reading, the jump, opening and reading again; what comes back to the first run was known.
        #expect(counts.stall == 5 * Self.roundTrip + 3 * Self.page)
        #expect(counts.fetched == 7 * 4096 && counts.used == 4 * 4096)
    }

    @Test func theOracleOfRunsKeepsToItsMemory() throws {
        let lines = (0..<512).map { "\(Double($0) / 10),5,\($0 * 131_072),131072,R,a:1,1" }
        let counts = try runOracle(lines, memory: 16 << 20)
        #expect(counts.unreadMost <= 8 << 20)
        #expect(counts.fetched == 64 << 20)
    }

    @Test func theOracleKeepsToItsMemory() throws {
        // 64 MiB in pieces, ten per second; half of what there is may be ahead of the reader.
        var lines: [String] = []
        for turn in 0..<512 {
            lines.append("\(Double(turn) / 10),5,\(turn * 131_072),131072,R,a:1,1")
        }
        let small = try oracle(lines, memory: 16 << 20)
        #expect(small.unreadMost <= 8 << 20)
        #expect(small.fetched == 64 << 20)
        #expect(small.stall == 2 * Self.roundTrip + Self.window)
    }

    @Test func noMoreThanIsAllowedIsOnTheWay() {
        var queue = ShareQueue(ShareModel(), files: 1)
        queue.bytesAheadMax = 250
        for block in 0..<5 {
            _ = queue.add(
                ShareQueue.Request(file: 0, blocks: block..<(block + 1), bytes: 100, prediction: 1))
        }
        let started = (0..<3).map { _ in queue.startNext(at: 0) != nil }
        #expect(started == [true, true, false])
    }

    @Test func evictedUnreadIsToldAndCountsAsUnread() {
        var table = BlockTable(memory: 300)
        for block in 0..<3 {
            table.expect(BlockTable.key(1, block), bytes: 100, request: 9, isAhead: true)
            table.arrive(BlockTable.key(1, block))
        }
        #expect(table.unread == 300)
        table.markRead(table.find(BlockTable.key(1, 0)))
        table.touch(table.find(BlockTable.key(1, 0)))
        table.expect(BlockTable.key(2, 0), bytes: 200, request: 9, isAhead: false)
        table.arrive(BlockTable.key(2, 0))
        let lost = table.takeLost().map(\.blocks)
        #expect(lost == [1..<3])
        #expect(table.unread == 0)
        #expect(table.find(BlockTable.key(1, 0)) != PositionTable.none)
    }

    @Test func aFileThatIsNotListedIsRefusedWithItsLine() throws {
        let error = #expect(throws: TraceError.self) {
            try counts(["0,5,0,0,S,a:1,0", "0,9,0,4096,R,a:1,1"], ClientNone())
        }
        #expect(error?.line == 3)
        #expect(error?.problem.contains("file 9") == true)
    }

    @Test func walksGoDownBeforeAcross() throws {
        let list = try Hand.files([
            "1\t.\t0", "2\tb/\t0", "3\tb/x.jpg\t10", "4\tb/z/\t0", "5\tb/z/1.jpg\t20",
            "6\ta/\t0", "7\ta/empty/\t0", "8\ta/empty/in/f\t1",
        ])
        let tree = ListedNeighbourhood(list)
        let b = FolderNumber(2)
        let z = FolderNumber(4)
        #expect(tree.files(of: b, filesMax: 10)?.files.map(\.name) == ["x.jpg"])
        #expect(tree.files(of: b, filesMax: 0) == nil)
        #expect(tree.folder(after: b, byName: false) == z)
        let inside = tree.folder(after: z, byName: false)
        #expect(inside.flatMap { tree.files(of: $0, filesMax: 9) }?.files.map(\.name) == ["f"])
        #expect(inside.flatMap { tree.folder(after: $0, byName: false) } == nil)
        // By name, a comes before b.
        #expect(inside.flatMap { tree.folder(after: $0, byName: true) } == b)
        #expect(tree.folder(after: z, byName: true) == nil)
        #expect(tree.files[0].contentType == .thumbnail)
    }

    @Test func foresightServesAPlayerAndStaysTheSame() throws {
        var lines = ["0,5,0,0,O,mpv:1,1"]
        for turn in 0..<400 {
            lines.append("\(Double(turn) * 0.02 + 0.01),5,\(turn * 131_072),131072,R,mpv:1,1")
        }
        let trace = try Hand.clients(lines)
        let files = try Hand.files(["1\tf/\t0", "5\tf/film.mkv\t\(400 * 131_072)"])
        let settings = ReplaySettings(methods: [.linux1M, .foresight])
        let first = try TraceReplay.run(trace, files: files, settings, path: "t")
        #expect(try TraceReplay.run(trace, files: files, settings, path: "t") == first)
        #expect(first.model == "clients")
        #expect(first.methods.map(\.method) == ["none", "linux-ra1M", "foresight"])
        let none = first.methods[0]
        let foresight = first.methods[2]
        #expect(none.stallSeconds > 3)
        #expect(foresight.stallSeconds < none.stallSeconds / 4)
        #expect(foresight.coverage > 0.9)
        #expect(foresight.traffic < 1.2)
    }
}
