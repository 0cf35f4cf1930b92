/// How long runs last, learned from the runs that were seen: how probable it is that a stream that has had so many
/// reads goes on for so many more bytes.
///
/// A byte fetched ahead pays if it is used: with traffic charged at half the value of coverage, the score of a
/// prefetch is p − ½(1 − p), positive from p = 1/3 on. So a window ends where the chance to get there falls under
/// that. Each run enters a *stage* with its first, second, third … read and leaves a mark there; when it has gone
/// 2^b units beyond the mark, the cell (stage, b) counts a success. Counts are halved now and then, so that
/// the table follows the reader. One table is kept per file and one per class of files; the file's own
/// word counts the more, the more it has seen.
struct RunSurvival: Sendable {
    /// First read in the middle, first read at the start of the file, then the 2nd, 3rd, 4th … 7th, 8th … 15th,
    /// 16th … 63rd, and later.
    static let stages = 8
    /// Units that the read touched: 1, 2 … 4, 5 … 15, more. Large reads come in long runs.
    static let sizes = 4
    /// 2^0 … 2^12 units.
    static let distances = 13
    /// Runs that a stage has seen when all its counts are halved.
    static let memory: Float = 256
    /// What the word of the more general table weighs, in runs.
    static let priorWeight: Float = 3

    /// Chance that bytes beyond the next reads must have.
    static let farChanceMin: Float = 0.8

    enum Shape: Int, Sendable, CaseIterable {
        case forward, backward, strided
    }

    /// Before anything was seen: by stage, the chance to go on for one unit …
    private static let priorStart: [Float] = [
        0.28, 0.80, 0.55, 0.75, 0.85, 0.94, 0.97, 0.98,
    ]
    /// … and what each doubling of the distance leaves of it.
    private static let priorDecay: [Float] = [
        0.85, 0.93, 0.92, 0.93, 0.95, 0.97, 0.985, 0.99,
    ]

    private var entered: [Float]
    private var reached: [Float]

    init() {
        let rows = Shape.allCases.count * Self.stages * Self.sizes
        entered = Array(repeating: 0, count: rows)
        reached = Array(repeating: 0, count: rows * Self.distances)
    }

    static func stage(reads: Int, startsFile: Bool) -> Int {
        switch reads {
        case ...1: startsFile ? 1 : 0
        case 2: 2
        case 3: 3
        case 4...7: 4
        case 8...15: 5
        case 16...63: 6
        default: 7
        }
    }

    static func size(units: Int64) -> Int {
        switch units {
        case ...1: 0
        case 2...4: 1
        case 5...15: 2
        default: 3
        }
    }

    /// One row of the table: a situation that a run can be in.
    struct Situation: Sendable, Equatable {
        var shape: Shape
        var stage: Int
        var size: Int

        var row: Int { (shape.rawValue * RunSurvival.stages + stage) * RunSurvival.sizes + size }
    }

    mutating func enter(_ situation: Situation) {
        let row = situation.row
        entered[row] += 1
        guard entered[row] >= Self.memory else { return }
        entered[row] /= 2
        for cell in (row * Self.distances)..<((row + 1) * Self.distances) { reached[cell] /= 2 }
    }

    mutating func reach(_ situation: Situation, distance: Int) {
        reached[situation.row * Self.distances + distance] += 1
    }

    /// How many of all runs that enter `situation` get how far: 1 at the start, then at 1, 2, 4 … 2^12 units.
    ///
    /// From each point to the next the share of those that came on, smoothed by what the more general table says. The
    /// asking run itself, `progress` units under way, is no witness of how far it will go.
    private func curve(
        _ situation: Situation, progress: Int64, general: RunSurvival?
    ) -> SIMD16<Float> {
        var curve = SIMD16<Float>(repeating: 0)
        curve[0] = 1
        let trust = trust(in: situation, general: general)
        var before = entered[situation.row]
        let known = general?.curve(situation, progress: progress, general: nil)
        for distance in 0..<Self.distances {
            var prior: Float
            if let known {
                prior = known[distance] > 0 ? known[distance + 1] / known[distance] : 0
            } else {
                prior =
                    distance == 0
                    ? Self.priorStart[situation.stage] : Self.priorDecay[situation.stage]
            }
            if distance == 0 { prior *= trust }
            let isHere = distance == Int64.bitWidth - progress.leadingZeroBitCount
            if isHere { before = max(0, before - 1) }
            let came = min(before, reached[situation.row * Self.distances + distance])
            let share = (came + Self.priorWeight * prior) / (before + Self.priorWeight)
            curve[distance + 1] = curve[distance] * share
            before = came
        }
        return curve
    }

    /// What the prior of a second and a third read in order is worth: in a file whose lone reads mostly stay alone, these
    /// are more likely to be neighbours by chance.
    ///
    /// - Returns: how many lone reads of this size are followed by a neighbour, over how many were expected to be; at most 1.
    private func trust(in situation: Situation, general: RunSurvival?) -> Float {
        guard situation.stage == 2 || situation.stage == 3 else { return 1 }
        let lone = Situation(shape: .forward, stage: 0, size: situation.size)
        let expected = general?.goneOn(lone, prior: Self.priorStart[0]) ?? Self.priorStart[0]
        return min(1, goneOn(lone, prior: expected) / expected)
    }

    /// Share of the runs that entered `situation` and went on at all.
    private func goneOn(_ situation: Situation, prior: Float) -> Float {
        (reached[situation.row * Self.distances] + Self.priorWeight * prior)
            / (entered[situation.row] + Self.priorWeight)
    }

    /// The curve at `units`, straight between its points.
    private static func value(_ curve: SIMD16<Float>, at units: Int64) -> Float {
        guard units > 0 else { return 1 }
        let point = Int64.bitWidth - 1 - units.leadingZeroBitCount
        guard point < distances - 1 else { return curve[distances] }
        let below = Float(1 << Int64(point))
        let part = (Float(units) - below) / below
        return curve[point + 1] + (curve[point + 2] - curve[point + 1]) * part
    }

    /// Chance that a run which entered `situation` and has gone `progress` units since goes on for `units` more.
    ///
    /// - Parameter general: speaks where this table has not seen enough.
    func probability(
        _ situation: Situation, progress: Int64 = 0, units: Int64, general: RunSurvival? = nil
    ) -> Float {
        let curve = curve(situation, progress: progress, general: general)
        return Self.value(curve, at: progress + units) / Self.value(curve, at: progress)
    }

    /// Units to fetch ahead: the farthest power of two that is reached with at least `chance`; 0 for none.
    ///
    /// What lies beyond the next reads can as well be decided on when the run has come nearer: it is fetched now
    /// only if that is quite sure to pay.
    ///
    /// - Parameters:
    ///   - near: units that the next reads will want.
    ///   - farChance: what units beyond these must have; nil where nothing is gained by fetching them now.
    func unitsAhead(
        _ situation: Situation, progress: Int64, near: Int64, chance: Float,
        farChance: Float? = Self.farChanceMin, general: RunSurvival?
    ) -> Int64 {
        let curve = curve(situation, progress: progress, general: general)
        let here = Self.value(curve, at: progress)
        var farthest: Int64 = 0
        for distance in 0..<Self.distances {
            let units: Int64 = 1 << Int64(distance)
            let least = units <= near ? chance : max(chance, farChance ?? .infinity)
            guard Self.value(curve, at: progress + units) >= here * least else { break }
            farthest = units
        }
        return farthest
    }
}

/// Where one run stands in a ``RunSurvival``.
struct RunMarks: Sendable {
    /// Units that the run had touched when it entered each stage; -1 where it did not.
    private var marks = SIMD8<Int64>(repeating: -1)
    /// Size of the read that did.
    private var sizes = SIMD8<UInt8>(repeating: 0)
    /// Distances passed since.
    private var passed = SIMD8<UInt8>(repeating: 0)

    /// Units that the run has gone since it entered the situation's stage; 0 where its reads have another size by now,
    /// which says more than how far it came.
    func progress(since situation: RunSurvival.Situation, at progress: Int64) -> Int64 {
        let mark = marks[situation.stage]
        guard mark >= 0, Int(sizes[situation.stage]) == situation.size else { return 0 }
        return progress - mark
    }

    /// The run begins anew at `stage`: what it was seen to do from there on is over.
    mutating func forget(from stage: Int) {
        for later in stage..<RunSurvival.stages {
            marks[later] = -1
            passed[later] = 0
        }
    }

    /// The run has touched `progress` units and is in `situation`: both tables are told what that shows.
    mutating func note(
        _ situation: RunSurvival.Situation, progress: Int64, file: inout RunSurvival?,
        general: inout RunSurvival
    ) {
        for stage in 0...situation.stage where marks[stage] >= 0 {
            var distance = Int(passed[stage])
            guard distance < RunSurvival.distances else { continue }
            let then = RunSurvival.Situation(
                shape: situation.shape, stage: stage, size: Int(sizes[stage]))
            let since = progress - marks[stage]
            while distance < RunSurvival.distances, since >= 1 << Int64(distance) {
                file?.reach(then, distance: distance)
                general.reach(then, distance: distance)
                distance += 1
            }
            passed[stage] = UInt8(distance)
        }
        if marks[situation.stage] < 0 {
            marks[situation.stage] = progress
            sizes[situation.stage] = UInt8(situation.size)
            file?.enter(situation)
            general.enter(situation)
        }
    }
}
