// What a read costs in the tiers, without FUSE: `cache-bench hit|wide|miss|event [READS]`. Prints nanoseconds per read; instructions show
// under valgrind with N and 2 N reads. `hit`: 128 KiB that are in memory. `wide`: 4 MiB that are, of four chunks. `miss`: 128 KiB that
// nobody has, of a share in memory, which costs little itself. `event`: one that is counted in a histogram; `timed`: with two looks at the
// clock, as a request of the kernel's is.

import Glibc
import Metrics
import Model
import Platform
import Share
import Tiers

let kind = CommandLine.arguments.dropFirst().first ?? "hit"
let reads = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 100_000
let size: Int64 = 64 << 20
let clock = SystemClock()

func run() throws {
    let directory = "/dev/shm/larder-cache-bench-\(getpid())"
    try FileCalls.makeDirectory(
        at: FileCalls.workingDirectory, Array(directory.utf8), mode: 0o700)
    let path = "\(directory)/film.mkv"
    defer {
        unlink(path)
        rmdir(directory)
    }
    let film = try FileCalls.open(path, [.writeOnly, .create], mode: 0o600)
    try FileCalls.setSize(ofOpen: film.rawValue, size)

    let scheduler = ShareScheduler(
        lanes: 2, deadline: .seconds(30), clock: clock, log: Log(write: { _ in }))
    let share = try Share(path: directory, scheduler: scheduler, clock: clock)
    let cache = ChunkCache(
        configuration: ChunkCache.Configuration(memoryLimit: .mebibytes(256)), share: share,
        tiers: TierChain([], clock: clock), buffers: BufferPool())
    let identity = ObjectIdentity.make(
        share: MessageDigest.sha256(Array("bench".utf8)), path: RelativePath([Name("film.mkv")]),
        fingerprint: Fingerprint(
            try FileCalls.attributes(ofPath: path), consistency: .eventual),
        rules: .usual, now: clock.wall)
    var file = cache.file(identity)

    func read(_ range: Range<Int64>) -> Int {
        let answer = ConditionMutex<Int?>(nil)
        cache.read(file, range) { result, _ in
            let bytes = (try? result.get())?.reduce(0) { $0 + $1.range.count } ?? -1
            answer.withLock { answer, condition in
                answer = bytes
                condition.signal()
            }
        }
        return answer.wait { answer, _ in answer }
    }

    let length: Int64 = kind == "wide" ? 4 << 20 : 128 << 10
    let places = size / length
    if kind != "miss" {
        for place in 0..<places { _ = read(place * length..<(place + 1) * length) }
    }
    let taken = ContinuousClock().measure {
        for number in 0..<Int64(reads) {
            let start = number % places * length
            if kind == "miss", start == 0 {
                cache.drop(file)
                file = cache.file(identity)
            }
            guard read(start..<(start + length)) == Int(length) else { fatalError("short read") }
        }
    }
    print("\(kind): \(Int(taken / .nanoseconds(reads))) ns per read")
    scheduler.stop()
}

func count() {
    let histogram = Histogram()
    let taken = ContinuousClock().measure {
        for number in 0..<UInt64(reads) {
            if kind == "timed" {
                let start = SystemClock.nanoseconds
                histogram.record(SystemClock.nanoseconds &- start &+ number)
            } else {
                histogram.record(number &* 977)
            }
        }
    }
    guard histogram.snapshot.count == UInt64(reads) else { fatalError("lost count") }
    print("\(kind): \((taken / .nanoseconds(1)) / Double(reads)) ns per event")
}

if kind == "event" || kind == "timed" { count() } else { try run() }
