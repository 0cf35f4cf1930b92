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
    /// First read in the middle, first read at the start of the file, then the 2nd, 3rd, 4th … 7th, 8th and later.
    static let stages = 6
    /// 2^0 … 2^12 units.
    static let distances = 13
    /// Runs that a stage has seen when all its counts are halved.
    static let memory: Float = 256
    /// What the word of the more general table weighs, in runs.
    static let priorWeight: Float = 3

    enum Shape: Int, Sendable, CaseIterable {
        case forward, backward, strided
    }

    /// Before anything was seen: by stage, the chance to go on for one unit …
    private static let priorStart: [Float] = [0.28, 0.80, 0.55, 0.75, 0.85, 0.96]
    /// … and what each doubling of the distance leaves of it.
    private static let priorDecay: [Float] = [0.85, 0.93, 0.92, 0.93, 0.95, 0.985]

    private var entered: [Float]
    private var reached: [Float]

    init() {
        let rows = Shape.allCases.count * Self.stages
        entered = Array(repeating: 0, count: rows)
        reached = Array(repeating: 0, count: rows * Self.distances)
    }

    static func stage(reads: Int, startsFile: Bool) -> Int {
        switch reads {
        case ...1: startsFile ? 1 : 0
        case 2: 2
        case 3: 3
        case 4...7: 4
        default: 5
        }
    }

    mutating func enter(_ shape: Shape, stage: Int) {
        let row = shape.rawValue * Self.stages + stage
        entered[row] += 1
        guard entered[row] >= Self.memory else { return }
        entered[row] /= 2
        for cell in (row * Self.distances)..<((row + 1) * Self.distances) { reached[cell] /= 2 }
    }

    mutating func reach(_ shape: Shape, stage: Int, distance: Int) {
        reached[(shape.rawValue * Self.stages + stage) * Self.distances + distance] += 1
    }

    /// Chance that a run at `stage` goes on for at least 2^`distance` units; `general` speaks where this has not seen enough.
    func probability(
        _ shape: Shape, stage: Int, distance: Int, general: RunSurvival? = nil
    ) -> Float {
        let row = shape.rawValue * Self.stages + stage
        let prior: Float
        if let general {
            prior = general.probability(shape, stage: stage, distance: distance)
        } else {
            prior = Self.priorStart[stage] * power(Self.priorDecay[stage], distance)
        }
        let seen = entered[row]
        return (min(seen, reached[row * Self.distances + distance]) + Self.priorWeight * prior)
            / (seen + Self.priorWeight)
    }

    /// Units that are worth fetching ahead: the farthest power of two that is reached with at least `chance`; 0 for none.
    func unitsWorth(
        _ shape: Shape, stage: Int, chance: Float, general: RunSurvival?
    ) -> Int64 {
        var units: Int64 = 0
        for distance in 0..<Self.distances {
            guard
                probability(shape, stage: stage, distance: distance, general: general) >= chance
            else { break }
            units = 1 << Int64(distance)
        }
        return units
    }

    private func power(_ base: Float, _ exponent: Int) -> Float {
        var result: Float = 1
        for _ in 0..<exponent { result *= base }
        return result
    }
}

/// Where one run stands in a ``RunSurvival``.
struct RunMarks: Sendable {
    /// Progress in bytes at which each stage was entered; -1 where it was not.
    private var marks = SIMD8<Int64>(repeating: -1)
    /// Distances passed since.
    private var passed = SIMD8<UInt8>(repeating: 0)

    /// The run has come to `progress` bytes and is at `stage`: both tables are told what that shows.
    mutating func note(
        _ shape: RunSurvival.Shape, progress: Int64, stage: Int, unit: Int64,
        file: inout RunSurvival?, general: inout RunSurvival
    ) {
        for known in 0..<RunSurvival.stages where marks[known] >= 0 {
            var distance = Int(passed[known])
            guard distance < RunSurvival.distances else { continue }
            let gone = progress - marks[known]
            while distance < RunSurvival.distances, gone >= unit << Int64(distance) {
                file?.reach(shape, stage: known, distance: distance)
                general.reach(shape, stage: known, distance: distance)
                distance += 1
            }
            passed[known] = UInt8(distance)
        }
        if marks[stage] < 0 {
            marks[stage] = progress
            passed[stage] = 0
            file?.enter(shape, stage: stage)
            general.enter(shape, stage: stage)
        }
    }
}
