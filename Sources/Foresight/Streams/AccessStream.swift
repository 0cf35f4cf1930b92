/// A run of reads that belong together: forward, backward, or at a constant stride.
///
/// It starts with one read and has no direction until the second. A stream belongs to the file and not to the handle,
/// so it lives on through players that open, read and close for each request.
struct AccessStream: Sendable {
    enum Kind: Sendable {
        case new, forward, backward, strided
    }

    private(set) var kind = Kind.new
    /// The last read that was not a repetition.
    private(set) var last: Range<Int64>
    /// Forward: end of what was read. Backward: start of it. Strided: start of the last read.
    private(set) var frontier: Int64
    /// Bytes from start to start of strided reads, negative backwards; 0 otherwise.
    private(set) var stride: Int64 = 0
    private(set) var reads = 1
    private(set) var startsFile: Bool
    /// Units that the run has touched, for ``RunSurvival``.
    private(set) var progress: Int64 = 0
    private(set) var lastUnits: Int64 = 1
    /// Of the units that the stream goes past, the part that it reads; exponentially weighted over the last 8 steps.
    private(set) var density = 1.0
    /// Reads of it that did not hop, less those that did (``StreamTuning/hopMin``): how much of a run it is. At least 1.
    private(set) var run = 1

    /// What ``confidence`` is made of: steps, those in the stream's direction, changes of direction, large gaps.
    private var steps = 0
    private var stepsAlong = 0
    private var changes = 0
    private var largeGaps = 0
    private var wasAlong = true
    /// How often in a row the step from start to start was the same and left something out.
    private var sameSteps = 0
    private var lastStep: Int64 = 0

    /// Consumption, exponentially weighted over the last 8 reads: bytes and seconds per read.
    private var bytesPerRead: Double
    private var secondsPerRead = 0.0
    private(set) var lastAt: Duration
    var marks = RunMarks()

    // What was fetched ahead of it.

    /// Forward: everything below was asked for. Backward: everything above. Strided: start of the last read that was.
    var fetchedTo: Int64
    /// When the last byte that was asked for ahead of it is wanted.
    var dueUntil = Duration.zero
    /// Bytes wanted ahead (useful ones, for a stride).
    var window: Int64 = 0
    var reader: Reader
    /// Use order: of the last read, and of the first.
    var stamp: UInt64 = 0
    var born: UInt64 = 0
    /// See ``ActivityCount``.
    var epoch: Int64 = -1

    init(startingWith range: Range<Int64>, reader: Reader, at now: Duration) {
        last = range
        frontier = range.upperBound
        fetchedTo = range.upperBound
        startsFile = range.lowerBound == 0
        bytesPerRead = Double(range.count)
        lastAt = now
        self.reader = reader
    }

    /// A run of at most so many reads begins anew when it hops: what it seemed to go on for was chance.
    private static let youngRun = 3

    /// A stride that was found among reads that no stream took.
    init(
        stride: Int64, endingWith range: Range<Int64>, reads: Int, reader: Reader, at now: Duration
    ) {
        self.init(startingWith: range, reader: reader, at: now)
        kind = .strided
        self.stride = stride
        self.reads = reads
        steps = reads - 1
        stepsAlong = steps
        startsFile = false
        frontier = range.lowerBound
        fetchedTo = range.lowerBound
        lastStep = stride
        sameSteps = steps
    }

    // MARK: - Matching

    /// How far a read is from what this stream expects; nil where it does not belong to it.
    func distance(of range: Range<Int64>, gapMax: Int64, tuning: StreamTuning) -> Int64? {
        switch kind {
        case .new:
            let ahead = range.lowerBound - last.upperBound
            if ahead >= 0 { return ahead <= gapMax ? ahead : nil }
            let behind = last.lowerBound - range.upperBound
            if behind >= 0 { return behind <= gapMax ? behind : nil }
            return 0  // overlaps
        case .forward:
            let off = range.lowerBound - frontier
            if off < 0 { return -off <= tuning.backward + Int64(range.count) ? -off : nil }
            return off <= max(gapMax, fetchedTo - frontier) ? off : nil
        case .backward:
            let off = frontier - range.upperBound
            if off < 0 { return -off <= tuning.backward + Int64(range.count) ? -off : nil }
            return off <= max(gapMax, frontier - fetchedTo) ? off : nil
        case .strided:
            let off = range.lowerBound - (last.lowerBound + stride)
            return abs(off) <= strideTolerance ? abs(off) : nil
        }
    }

    /// Pages round offsets, and programs skip a record now and then.
    private var strideTolerance: Int64 { max(4096, abs(stride) / 16) }

    // MARK: - A read

    /// Takes a read in that ``distance(of:gapMax:tuning:)`` has let through.
    ///
    /// - Returns: whether the stream moved; not for what had been read before.
    mutating func advance(
        _ range: Range<Int64>, at now: Duration, chunkSize: Int, tuning: StreamTuning
    )
        -> Bool
    {
        if kind != .strided, isRepetition(of: range) { return false }
        let step = range.lowerBound - last.lowerBound
        reads += 1
        measure(Int64(range.count), at: now)
        noteStep(step, gap: gap(to: range), chunkSize: chunkSize)
        let hopped = noteDensity(range, tuning: tuning)
        touch(range, unit: tuning.unit)
        move(to: range, step: step, tuning: tuning)
        last = range
        if hopped, kind != .strided, run <= Self.youngRun {
            marks.forget(from: situation.stage)
        }
        return true
    }

    /// Whether a read stays within the units that this stream went through last.
    func hasTouched(_ range: Range<Int64>, unit: Int64) -> Bool {
        switch kind {
        case .new:
            range.lowerBound >= last.lowerBound / unit * unit
                && range.upperBound <= (last.upperBound + unit - 1) / unit * unit
        case .forward: range.upperBound <= (frontier + unit - 1) / unit * unit
        case .backward: range.lowerBound >= frontier / unit * unit
        case .strided: false
        }
    }

    /// Goes over bytes that were in memory: the stream is further on, and no surer.
    ///
    /// How long runs last is asked to decide what to fetch. Who goes through what is there already shows nothing of that, and
    /// what is hot is gone through in another way than what is read for the first time.
    mutating func pass(_ range: Range<Int64>, at now: Duration) {
        guard kind != .strided, !isRepetition(of: range) else { return }
        if kind == .new, range.lowerBound < last.upperBound { return }
        measure(Int64(range.count), at: now)
        moveFrontier(to: range)
        last = range
    }

    private func isRepetition(of range: Range<Int64>) -> Bool {
        switch kind {
        case .new: range.clamped(to: last) == range
        case .forward: range.upperBound <= frontier
        case .backward: range.lowerBound >= frontier
        case .strided: false
        }
    }

    /// - Returns: whether the read hopped: left out far more than it reads.
    private mutating func noteDensity(_ range: Range<Int64>, tuning: StreamTuning) -> Bool {
        let gapUnits = gap(to: range) / tuning.unit
        let touched = max(1, Int64(range.count) / tuning.unit)
        let part = Double(touched) / Double(touched + gapUnits)
        density = reads == 2 ? part : density + (part - density) / 4
        let hopped = gapUnits > StreamTuning.hopMin * touched
        run = hopped ? max(1, run - 1) : run + 1
        return hopped
    }

    /// Counts the units that a read touches and the run had not touched before.
    mutating func touch(_ range: Range<Int64>, unit: Int64) {
        let first = range.lowerBound / unit
        let end = (range.upperBound + unit - 1) / unit
        lastUnits = end - first
        switch kind {
        case .strided: progress += lastUnits
        case .new where reads == 1: progress += lastUnits
        case .new, .forward: progress += max(0, end - max(first, (frontier + unit - 1) / unit))
        case .backward: progress += max(0, min(end, frontier / unit) - first)
        }
    }

    private func gap(to range: Range<Int64>) -> Int64 {
        max(0, range.lowerBound - last.upperBound, last.lowerBound - range.upperBound)
    }

    private mutating func noteStep(_ step: Int64, gap: Int64, chunkSize: Int) {
        steps += 1
        let along = kind == .backward ? step < 0 : kind == .strided ? true : step > 0
        if kind == .new || along { stepsAlong += 1 }
        if kind != .new, along != wasAlong { changes += 1 }
        wasAlong = kind == .new || along
        if gap > Int64(chunkSize) { largeGaps += 1 }
        sameSteps = gap == 0 ? 0 : step == lastStep ? sameSteps + 1 : 1
        lastStep = step
        // Long ago counts less: a stream of a million reads may still change its mind.
        if steps >= 64 {
            steps /= 2
            stepsAlong /= 2
            changes /= 2
            largeGaps /= 2
        }
    }

    private mutating func move(to range: Range<Int64>, step: Int64, tuning: StreamTuning) {
        if kind == .new {
            kind = step >= 0 ? .forward : .backward
            if kind == .backward {
                frontier = last.lowerBound
                fetchedTo = frontier
            }
        }
        // Equal steps that leave something out: a stride, and not a stream with gaps.
        let leavesOut = abs(step) >= 2 * Int64(range.count) && abs(step) >= 2 * tuning.unit
        if kind != .strided, sameSteps >= 3, leavesOut {
            kind = .strided
            stride = step
            window = 0
            frontier = range.lowerBound
            fetchedTo = range.lowerBound
        }
        moveFrontier(to: range)
    }

    private mutating func moveFrontier(to range: Range<Int64>) {
        switch kind {
        case .forward, .new:
            frontier = max(frontier, range.upperBound)
            fetchedTo = max(fetchedTo, frontier)
        case .backward:
            frontier = min(frontier, range.lowerBound)
            fetchedTo = min(fetchedTo, frontier)
        case .strided:
            frontier = range.lowerBound
            if stride > 0 ? fetchedTo < frontier : fetchedTo > frontier { fetchedTo = frontier }
        }
    }

    private mutating func measure(_ bytes: Int64, at now: Duration) {
        let weight = 2.0 / (8 + 1)
        let seconds = max(0, (now - lastAt) / .seconds(1))
        bytesPerRead += (Double(bytes) - bytesPerRead) * weight
        secondsPerRead =
            reads <= 2 ? seconds : secondsPerRead + (seconds - secondsPerRead) * weight
        lastAt = now
    }

    // MARK: - What is known of it

    /// How surely it goes on in its direction, 0 to 1: share of steps in the direction × (1 − ½ × share of changes of direction) ×
    /// (1 − 0.2 × share of gaps of more than a chunk). The weights are chosen, not fitted.
    var confidence: Double {
        guard steps > 0 else { return 0 }
        let all = Double(steps)
        return Double(stepsAlong) / all * (1 - 0.5 * Double(changes) / all)
            * (1 - 0.2 * Double(largeGaps) / all)
    }

    /// Bytes per second; nil while the clock has not moved.
    var rate: Double? { secondsPerRead > 0 ? bytesPerRead / secondsPerRead : nil }

    var shape: RunSurvival.Shape {
        switch kind {
        case .new, .forward: .forward
        case .backward: .backward
        case .strided: .strided
        }
    }

    var situation: RunSurvival.Situation {
        RunSurvival.Situation(
            shape: shape,
            stage: RunSurvival.stage(
                reads: readsInOrder, startsFile: startsFile && reads == 1),
            size: RunSurvival.size(units: lastUnits))
    }

    /// Reads that speak for its going on.
    var readsInOrder: Int { kind == .strided ? reads : run }

    /// Has come from the start of the file to an eighth of it: a copy or a decoder, and not a probe of the head.
    func isReadingOn(fileSize: Int64) -> Bool {
        startsFile && kind == .forward && reads >= 3 && frontier >= fileSize / 8
    }

    /// Bytes (of a stride: useful ones) that are fetched ahead of the reader.
    func ahead(unit: Int64) -> Int64 {
        switch kind {
        case .new, .forward: max(0, fetchedTo - frontier)
        case .backward: max(0, frontier - fetchedTo)
        case .strided:
            stride == 0 ? 0 : max(0, (fetchedTo - frontier) / stride) * readBytes(unit: unit)
        }
    }

    /// What one strided read costs to fetch.
    func readBytes(unit: Int64) -> Int64 { (Int64(last.count) + unit - 1) / unit * unit }
}
