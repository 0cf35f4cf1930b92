/// What is known of the reads of one file.
struct FileTrack: Sendable {
    var number: FileNumber
    var size: Int64
    var chunkSize: Int
    /// Set by the first open; a block trace has none.
    var facts: FileFacts?
    var streams: [AccessStream] = []
    /// Its own word on how long runs last, from ``survivalReadsMin`` reads on.
    private(set) var survival: RunSurvival?
    static let survivalReadsMin = 64
    private var strides = StrideDetector()
    private(set) var steps = StepStatistics()
    private(set) var reads = 0
    var opens = 0
    /// Handles that are open now.
    var handles = 0
    /// A sweep has gone on to another file; what was read of this one shows when it is closed.
    var isLeft = false
    /// Bytes from the start that have been read without a hole, and of all.
    private(set) var head: Int64 = 0
    private(set) var bytesRead: Int64 = 0
    /// Smallest offset in the last ``ContainerHabits/tailMax`` bytes that was read before a stream got there.
    private(set) var tailStart: Int64?
    /// Where the smallest read began that jumped to the end of the file, over more than ``endJumpMin``: many look there for
    /// a trailer, whatever the size.
    private(set) var endStart: Int64?
    static let endJumpMin: Int64 = 64 << 10
    /// Predictions that are not settled yet, and some that are: see ``PredictionLedger/isOpen(_:)``.
    var outstanding: [OutstandingPrediction] = []
    /// Length of ``outstanding`` at which those that were settled behind its back are looked for.
    var outstandingMax = 64
    var stamp: UInt64 = 0
    /// What follows it in its series was asked for.
    var hasAskedForNext = false

    init(number: FileNumber, size: Int64, chunkSize: Int) {
        self.number = number
        self.size = size
        self.chunkSize = chunkSize
    }

    /// Which stream a read belongs to.
    enum Match: Sendable {
        /// Index in `streams`, and whether it moved on.
        case stream(Int, moved: Bool)
        /// A stride was found among lone reads; its stream is at the index.
        case stride(Int)
        /// Begins something new, at the index.
        case new(Int)
        /// Goes over what others had brought, and belongs to nothing.
        case nothing
    }

    mutating func note(
        _ event: ReadEvent, stamp: UInt64, tuning: StreamTuning, streamsMax: Int,
        general: inout RunSurvival
    ) -> Match {
        reads += 1
        if reads == Self.survivalReadsMin { survival = RunSurvival() }
        bytesRead += Int64(event.range.count)
        steps.note(start: event.range.lowerBound)
        noteEnds(event.range)
        let nearest = nearestStream(to: event.range, tuning: tuning)
        if event.isWarm {
            guard let nearest else { return .nothing }
            guard streams[nearest].hasTouched(event.range, unit: tuning.unit) else {
                streams[nearest].pass(event.range, at: event.at)
                streams[nearest].stamp = stamp
                return .stream(nearest, moved: false)
            }
        }
        let match = match(event, nearest, stamp: stamp, tuning: tuning, streamsMax)
        let index: Int
        switch match {
        case .stream(let at, _), .stride(let at), .new(let at): index = at
        case .nothing: return match
        }
        streams[index].marks.note(
            streams[index].situation, progress: streams[index].progress, file: &survival,
            general: &general)
        return match
    }

    private mutating func noteEnds(_ range: Range<Int64>) {
        if range.lowerBound <= head { head = max(head, range.upperBound) }
        if range.upperBound >= size, range.lowerBound > head + Self.endJumpMin {
            endStart = max(endStart ?? 0, range.lowerBound)
        }
        let tail = max(0, size - ContainerHabits.tailMax)
        // Far ahead of what was read so far: somebody jumped there.
        if range.lowerBound >= tail, range.lowerBound > head + ContainerHabits.tailMax {
            tailStart = min(tailStart ?? size, range.lowerBound)
        }
    }

    private func nearestStream(to range: Range<Int64>, tuning: StreamTuning) -> Int? {
        let gapMax = tuning.gapMax(chunkSize: chunkSize)
        var best: (index: Int, distance: Int64)?
        for index in streams.indices {
            guard
                let distance = streams[index].distance(of: range, gapMax: gapMax, tuning: tuning),
                distance < best?.distance ?? .max
            else { continue }
            best = (index, distance)
        }
        return best?.index
    }

    private mutating func match(
        _ event: ReadEvent, _ nearest: Int?, stamp: UInt64, tuning: StreamTuning,
        _ streamsMax: Int
    ) -> Match {
        let range = event.range
        if let nearest {
            let moved = streams[nearest].advance(
                range, at: event.at, chunkSize: chunkSize, tuning: tuning)
            streams[nearest].stamp = stamp
            streams[nearest].reader = event.reader
            return .stream(nearest, moved: moved)
        }
        let found = strides.note(
            start: range.lowerBound, length: Int64(range.count),
            processID: event.reader.processID)
        var fresh = AccessStream(startingWith: range, reader: event.reader, at: event.at)
        if let found {
            forgetLoneReads(followedBy: range, found.stride, found.reads)
            fresh = AccessStream(
                stride: found.stride, endingWith: range, reads: found.reads,
                reader: event.reader, at: event.at)
        }
        fresh.touch(range, unit: tuning.unit)
        fresh.stamp = stamp
        fresh.born = stamp
        if streams.count >= streamsMax { forgetOldest() }
        streams.append(fresh)
        let index = streams.count - 1
        return found == nil ? .new(index) : .stride(index)
    }

    /// The lone reads that turned out to be a stride need no streams of their own.
    private mutating func forgetLoneReads(
        followedBy range: Range<Int64>, _ stride: Int64, _ count: Int
    ) {
        streams.removeAll { stream in
            guard stream.kind == .new, stream.reads == 1 else { return false }
            let away = range.lowerBound - stream.last.lowerBound
            return away % stride == 0 && (1...Int64(count)).contains(away / stride)
        }
    }

    private mutating func forgetOldest() {
        var oldest = 0
        for index in streams.indices where streams[index].stamp < streams[oldest].stamp {
            oldest = index
        }
        streams.remove(at: oldest)
    }

    /// Whether (nearly) all of it was read.
    var isReadWhole: Bool { bytesRead >= size - size / 10 && head >= size - size / 10 }
}
