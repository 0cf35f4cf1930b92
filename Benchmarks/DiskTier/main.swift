// Measures the disk tier alone, without FUSE: `disk-tier-bench DIRECTORY film|random|documents|million|open|pressure|shrink`.
//
// DIRECTORY is made, used as a share's cache directory, and kept, so that `open` can measure what `million`
// made. Run as root to have the page cache dropped before cold figures.
import Glibc
import Model
import Platform
import Tiers

let clock = SystemClock()
let pool = BufferPool()
let share = MessageDigest.sha256(Array("bench".utf8))

func fail(_ text: String) -> Never {
    print(text)
    exit(1)
}

func seconds(_ body: () -> Void) -> Double {
    let start = clock.monotonic
    body()
    return (clock.monotonic - start).inSeconds
}

func dropPageCache() {
    sync()
    if let file = try? FileCalls.open("/proc/sys/vm/drop_caches", .writeOnly) {
        try? FileContents.write(file.rawValue, Array("3".utf8))
    } else {
        print("(page cache not dropped: not root)")
    }
}

func open(_ directory: String, limit: ByteCount = .gibibytes(40)) -> DiskTier {
    try? FileCalls.makeDirectory(
        at: FileCalls.workingDirectory, Array(directory.utf8), mode: 0o700)
    do {
        return try DiskTier(
            directory: directory, limit: limit, buffers: pool, clock: clock,
            log: Log(sink: StandardErrorSink.lines))
    } catch {
        fail("\(error)")
    }
}

func identity(_ path: String, _ size: Int64) -> ObjectIdentity {
    ObjectIdentity.make(
        share: share, path: RelativePath(path.split(separator: "/").map { Name(String($0)) }),
        fingerprint: Fingerprint(size: size, modified: Timestamp(seconds: 1_700_000_000)),
        rules: .usual, now: clock.wall)
}

/// Noise, or with `isText` something that LZ4 halves.
func blocks(_ identity: ObjectIdentity, _ chunk: ChunkIndex, isText: Bool = false) -> [LoadedBlock]
{
    let geometry = identity.geometry
    var state = identity.key.words.0 ^ UInt64(chunk.value) | 1
    return (0..<geometry.blocksPerChunk).compactMap { index in
        let size = geometry.byteRange(of: chunk, block: index).count
        guard size > 0 else { return nil }
        let buffer = pool.buffer(holding: size)
        let words = buffer.writable.bindMemory(to: UInt64.self)
        for place in words.indices {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            words[place] = isText ? state & 0x0F0F_0000_0000_0F0F : state
        }
        buffer.setCount(size)
        return LoadedBlock(index: index, buffer: buffer)
    }
}

func store(_ tier: DiskTier, _ identity: ObjectIdentity, isText: Bool = false) {
    let object = tier.object(identity)
    for value in identity.geometry.chunks(in: 0..<identity.geometry.fileSize) {
        let chunk = ChunkIndex(value)
        while tier.statistics.queued.bytes > 32 << 20 { usleep(1000) }
        object.store(blocks(identity, chunk, isText: isText), of: chunk)
    }
}

/// What browsing the tree of `million` leaves in the index: its 1,000 folders with 1,000 files each.
func storeListings(_ tier: DiskTier) {
    func attributes(_ inode: Int, _ mode: UInt32) -> FileAttributes {
        FileAttributes(
            inode: UInt64(inode), mode: mode, size: 1, modified: Timestamp(seconds: 1_700_000_000))
    }
    for folder in 0..<1000 {
        let entries = (0..<1000).map { number in
            let file = folder * 1000 + number
            return StoredListing.Entry(
                name: Name("\(file).txt"), attributes: attributes(10_000 + file, 0o100644))
        }
        tier.listings.put(
            RelativePath([Name("tree"), Name("\(folder)")]),
            StoredListing(
                directory: attributes(1000 + folder, 0o040755), entries: entries,
                fetchedAt: clock.wall, ttl: 300))
        // The index takes only so many at a time, and drops the rest.
        if folder % 100 == 99 { tier.drain() }
    }
}

func load(_ object: any TierObject, _ chunk: ChunkIndex, _ mask: BlockMask) -> Int {
    let answer = ConditionMutex<Int?>(nil)
    let load = object.load(mask, of: chunk, isUrgent: true) { blocks in
        let bytes = blocks.reduce(0) { $0 + $1.buffer.count }
        answer.withLock { state, condition in
            state = bytes
            condition.signal()
        }
    }
    return load == nil ? 0 : answer.wait { state, _ in state }
}

/// Loads random blocks of a file, one after the other, until `isOver`. - Returns: seconds that each took, in order of size.
func read(
    _ tier: DiskTier, _ file: ObjectIdentity, until isOver: (_ seconds: Double) -> Bool
) -> [Double] {
    let object = tier.object(file)
    let chunks = file.geometry.chunks(in: 0..<file.geometry.fileSize)
    let start = clock.monotonic
    var times: [Double] = []
    while !isOver((clock.monotonic - start).inSeconds) {
        let chunk = ChunkIndex(UInt32.random(in: chunks))
        let block = Int.random(in: 0..<file.geometry.blocksPerChunk)
        var count = 0
        times.append(seconds { count = load(object, chunk, BlockMask(block..<(block + 1))) })
        if count != 65536 { fail("a block of what is read all the time has gone") }
    }
    return times.sorted()
}

/// `VmRSS` of this process.
func residentKibibytes() -> Int {
    let status = (try? FileContents.read("/proc/self/status")) ?? []
    let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.hasPrefix("VmRSS:") } ?? ""
    return Int(line.filter(\.isNumber)) ?? 0
}

func figure(_ name: String, _ value: Double, _ unit: String) {
    print("\(name): \(Double(Int(value * 1000)) / 1000) \(unit)")
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
    fail("usage: disk-tier-bench DIRECTORY film|random|documents|million|open|pressure|shrink")
}
let directory = arguments[1]

switch arguments[2] {
case "film":
    for isText in [false, true] {
        let film = identity(isText ? "text.bin" : "film.mkv", 1 << 30)
        var tier = open(directory)
        figure(
            "store 1 GiB",
            1.073
                / seconds {
                    store(tier, film, isText: isText)
                    tier.drain()
                }, "GB/s")
        let statistics = tier.statistics
        print("used \(statistics.used), index \(statistics.indexUsed), chunks \(statistics.chunks)")
        tier.close()
        let chunks = film.geometry.chunks(in: 0..<(1 << 30))
        for depth in [1, 2, 4] {
            dropPageCache()
            tier = open(directory)
            let object = tier.object(film)
            let window = ConditionMutex((under: 0, bytes: 0))
            let time = seconds {
                for value in chunks {
                    window.wait { state, _ -> Void? in
                        guard state.under < depth else { return nil }
                        state.under += 1
                        return ()
                    }
                    let chunk = ChunkIndex(value)
                    let whole = film.geometry.allBlocks(of: chunk)
                    _ = object.load(whole, of: chunk, isUrgent: true) { blocks in
                        let bytes = blocks.reduce(0) { $0 + $1.buffer.count }
                        window.withLock { state, condition in
                            state.under -= 1
                            state.bytes += bytes
                            condition.signal()
                        }
                    }
                }
                window.wait { state, _ -> Void? in state.under == 0 ? () : nil }
            }
            let bytes = window.withLock { state, _ in state.bytes }
            figure(
                "cold load, \(isText ? "LZ4" : "raw"), \(depth) at a time",
                Double(bytes) / time / 1e9, "GB/s")
            tier.close()
        }
    }
case "random":
    let film = identity("film.mkv", 1 << 30)
    dropPageCache()
    let tier = open(directory)
    let object = tier.object(film)
    var times: [Double] = []
    for _ in 0..<2000 {
        let chunk = ChunkIndex(UInt32.random(in: 0..<1024))
        let block = Int.random(in: 0..<16)
        var count = 0
        times.append(
            seconds { count = load(object, chunk, BlockMask(block..<(block + 1))) } * 1e6)
        if count != 65536 { fail("block is missing: run `film` first") }
    }
    times.sort()
    figure("random block, p50", times[1000], "µs")
    figure("random block, p99", times[1980], "µs")
    tier.close()
case "documents":
    var tier = open(directory)
    let documents = (0..<2000).map { number in
        identity("folder \(number / 50)/\(number).docx", Int64(5 + number * 7 % 46) << 10)
    }
    for document in documents { store(tier, document) }
    tier.drain()
    print("used \(tier.statistics.used), index \(tier.statistics.indexUsed)")
    tier.close()
    for order in ["as stored", "shuffled"] {
        let order = (order, order == "shuffled" ? documents.shuffled() : documents)
        dropPageCache()
        tier = open(directory)
        var count = 0
        let time = seconds {
            for document in order.1 {
                let object = tier.object(document)
                if load(object, ChunkIndex(0), BlockMask(0..<1)) > 0 { count += 1 }
            }
        }
        figure("\(count) documents, cold, one after the other, \(order.0)", time, "s")
        tier.close()
    }
case "million":
    let tier = open(directory)
    let time = seconds {
        for number in 0..<1_000_000 {
            store(tier, identity("tree/\(number / 1000)/\(number).txt", 1))
        }
        tier.drain()
    }
    figure("1,000,000 objects stored", time, "s")
    figure("1,000 listings that name them stored", seconds { storeListings(tier) }, "s")
    let statistics = tier.statistics
    print(
        "used \(statistics.used), index \(statistics.indexUsed) = "
            + "\(statistics.indexUsed.bytes / Int64(max(1, statistics.objects))) bytes per object, "
            + "dropped \(statistics.dropped)")
    tier.close()
case "open":
    dropPageCache()
    var opened: DiskTier?
    figure("open", seconds { opened = open(directory) } * 1000, "ms")
    if let tier = opened {
        figure(
            "first load",
            seconds {
                _ = load(
                    tier.object(identity("tree/500/500000.txt", 1)), ChunkIndex(0),
                    BlockMask(0..<1))
            } * 1000, "ms")
        print("objects \(tier.statistics.objects), used \(tier.statistics.used)")
        // Until the eviction policy is loaded in the background.
        sleep(5)
        print("resident: \(residentKibibytes() >> 10) MiB")
        figure("close", seconds { tier.close() } * 1000, "ms")
    }
case "pressure":
    // A favourite is read from the disk, alone, and while others are stored and evicted.
    let tier = open(directory, limit: .mebibytes(1024))
    let favourite = identity("favourite.bin", 128 << 20)
    store(tier, favourite)
    tier.drain()
    _ = read(tier, favourite) { $0 > 2 }
    for number in 0..<64 { store(tier, identity("filled/\(number).bin", 16 << 20)) }
    tier.drain()
    for (round, rate) in [("a gigabit's rate", 125e6), ("as fast as it can be", .infinity)] {
        let alone = read(tier, favourite) { $0 > 6 }
        let isOver = Mutexed(false)
        let stored = ConditionMutex<Int?>(nil)
        startThread(name: "storer") {
            let start = clock.monotonic
            var count = 0
            while !isOver.withLock({ $0 }) {
                store(tier, identity("others/\(round)/\(count).bin", 16 << 20))
                count += 1
                let ahead = Double(count << 24) / rate - (clock.monotonic - start).inSeconds
                if ahead > 0 { usleep(UInt32(ahead * 1e6)) }
            }
            stored.withLock { state, condition in
                state = count
                condition.signal()
            }
        }
        let before = tier.statistics.evictions
        let beside = read(tier, favourite) { $0 > 6 }
        let evicted = tier.statistics.evictions - before
        isOver.withLock { $0 = true }
        let count = stored.wait { state, _ in state }
        print("stored with \(round): \(count) files of 16 MiB, \(evicted) chunks evicted")
        figure(
            "loads beside that over loads alone", Double(beside.count) / Double(alone.count), "×")
        figure("a load alone, p50", alone[alone.count / 2] * 1e6, "µs")
        figure("a load beside that, p50", beside[beside.count / 2] * 1e6, "µs")
        figure("a load beside that, p99", beside[beside.count * 99 / 100] * 1e6, "µs")
    }
    tier.close()
case "shrink":
    let tier = open(directory, limit: .gibibytes(5))
    let favourite = identity("favourite.bin", 128 << 20)
    store(tier, favourite)
    tier.drain()
    _ = read(tier, favourite) { $0 > 2 }
    for number in 0..<320 { store(tier, identity("others/\(number).bin", 16 << 20)) }
    tier.drain()
    print("used \(tier.statistics.used)")
    tier.setLimit(.gibibytes(1))
    var time = 0.0
    let times = read(tier, favourite) {
        time = $0
        return tier.statistics.used <= .gibibytes(1)
    }
    figure("5 GiB to 1 GiB", time, "s")
    figure("a load meanwhile, p50", times[times.count / 2] * 1e6, "µs")
    figure("the slowest load meanwhile", (times.last ?? 0) * 1000, "ms")
    tier.close()
default:
    fail("film, random, documents, million, open, pressure or shrink")
}
