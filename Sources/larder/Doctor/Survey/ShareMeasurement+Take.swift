import Glibc
import Model
import Platform

extension ShareMeasurement {
    /// Requests at the same time: what a mount has, unless told otherwise.
    static let lanesUsual = MountOption.defaults.lanes
    private static let pieceBytes: Int64 = 1 << 20
    private static let roundTrips = 16
    private static let roundTripTime = Duration.seconds(1)
    private static let singleTime = Duration.milliseconds(750)
    private static let parallelTime = Duration.seconds(2)
    /// Read at most, all together.
    static let bytesMax: Int64 = 512 << 20

    /// Takes at most about 6 s on a share that answers.
    static func take(_ path: String) throws(Errno) -> ShareMeasurement {
        let files = try MeasurableFile.find(below: path)
        var measurement = ShareMeasurement(lanes: lanesUsual)
        guard let first = files.first else { return measurement }
        measurement.isDirect = files.allSatisfy(\.isDirect)
        measurement.roundTripMilliseconds = try roundTrip(of: first)
        measurement.bytes = Int64(roundTrips) * MeasurableFile.blockBytes
        var pieces = files.flatMap { file in
            (0..<max(0, file.size / pieceBytes)).map { (file, $0 * pieceBytes) }
        }
        pieces = Array(pieces.prefix(Int(bytesMax / pieceBytes)))
        // What one reader has read is in the server's memory, so the others get what is behind it.
        let forOne = pieces.prefix(pieces.count / 4)
        let single = read(Array(forOne), readers: 1, for: singleTime)
        let parallel = read(
            Array(pieces.dropFirst(forOne.count)), readers: lanesUsual, for: parallelTime)
        measurement.singleBytesPerSecond = single.rate
        measurement.bytesPerSecond = parallel.rate
        measurement.bytes += single.bytes + parallel.bytes
        return measurement
    }

    private static func roundTrip(of file: MeasurableFile) throws(Errno) -> Double {
        let clock = SystemClock()
        let end = clock.monotonic + roundTripTime
        let block = MeasurableFile.blockBytes
        let buffer = TransferBuffer(Int(block))
        var times: [Double] = []
        // The first one may also have to open the connection.
        for _ in 0...roundTrips where times.isEmpty || clock.monotonic < end {
            let offset = Int64.random(in: 0...max(0, file.size / block - 1)) * block
            let start = clock.monotonic
            _ = try FileCalls.read(file.descriptor.rawValue, into: buffer.storage, at: offset)
            times.append((clock.monotonic - start).inSeconds * 1000)
        }
        let sorted = (times.count > 1 ? Array(times.dropFirst()) : times).sorted()
        return sorted[sorted.count / 2]
    }

    /// Reads pieces until they or the time are used up.
    ///
    /// - Returns: nil for the rate where less than a piece was read.
    private static func read(
        _ pieces: [(MeasurableFile, Int64)], readers: Int, for time: Duration
    ) -> (rate: Double?, bytes: Int64) {
        let clock = SystemClock()
        let start = clock.monotonic
        let next = ConditionMutex(0)
        let read = concurrently(
            Array(0..<min(readers, pieces.count)), threadsMax: readers, thread: "measure"
        ) { _ -> Int64 in
            let buffer = TransferBuffer(Int(pieceBytes))
            var bytes: Int64 = 0
            while clock.monotonic < start + time {
                let mine = next.withLock { next, _ in
                    defer { next += 1 }
                    return next
                }
                guard mine < pieces.count else { break }
                let (file, offset) = pieces[mine]
                let count = try? FileCalls.read(
                    file.descriptor.rawValue, into: buffer.storage, at: offset)
                guard let count else { break }
                bytes += Int64(count)
            }
            return bytes
        }
        let bytes = read.reduce(0, +)
        let seconds = (clock.monotonic - start).inSeconds
        return (bytes >= pieceBytes && seconds > 0 ? Double(bytes) / seconds : nil, bytes)
    }
}
