// What recording and planning cost per read: `foresight-bench [READS [READER]]`. Prints nanoseconds per read for four
// readers, or for the one whose name begins so: what it allocates per read shows under valgrind with N and 2 N reads.

import Foresight
import Model

let reads = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
let chosen = CommandLine.arguments.dropFirst(2).first ?? ""
let size: Int64 = 1 << 40
let block: Int64 = 128 << 10

/// A reader: where its n-th read starts.
let readers: [(name: String, start: (Int) -> Int64)] = [
    ("sequential", { Int64($0) * block }),
    ("every fourth block", { Int64($0) * 4 * block }),
    ("two interleaved", { Int64($0 / 2) * block + ($0 % 2 == 0 ? 0 : 1 << 36) }),
    (
        "random",
        { Int64(truncatingIfNeeded: UInt64($0) &* 0x9E37_79B9_7F4A_7C15 >> 25) / block * block }
    ),
]

for reader in readers where reader.name.hasPrefix(chosen) {
    var foresight = Foresight(Foresight.Configuration())
    foresight.setLink(LinkState(roundTrip: .milliseconds(8), bandwidth: 100e6))
    var recorder = AccessRecorder()
    let who = Reader(userID: 1000, processID: 4711, handle: 7, program: "player")
    var requests = 0
    let clock = ContinuousClock()
    let taken = clock.measure {
        for number in 0..<reads {
            let start = reader.start(number)
            let now = Duration.microseconds(number * 1300)
            let event = ReadEvent(
                file: FileNumber(1), fileSize: size, chunkSize: 1 << 20,
                range: start..<(start + block), reader: who, at: now)
            let plan = foresight.read(event, among: NoNeighbourhood())
            for request in plan.requests {
                requests += 1
                foresight.issued(request.number, bytes: Int64(request.range.count))
                foresight.arrived(request.number, at: now)
            }
            recorder.append(
                AccessRecord(
                    at: now, operation: .read, file: FileNumber(1), offset: start, length: block,
                    reader: who, source: .memory))
        }
    }
    let nanoseconds = Int(taken / .nanoseconds(reads))
    print("\(reader.name): \(nanoseconds) ns per read, \(requests) requests")
}
