public import Habits
import Model

/// Makes samples of the past for a forest: goes through opens in the order of time, asks at some moments what may be opened
/// (``HabitModel/possible(from:until:_:)``), and waits for what comes of that.
///
/// Whoever goes through the opens has the model, tells it of each open, and this afterwards. Nothing that comes later than a moment
/// is in its features. Pure; not safe for use from several threads at once.
public struct HabitSampler: Sendable {
    /// What a forest says of: that a file is opened so many seconds from now.
    public static let lookaheadSeconds: Int64 = 7200
    /// Samples that are kept, the latest.
    public static let samplesMax = 100_000

    private static let daySeconds: Int64 = 86_400

    /// Seconds between moments.
    public let strideSeconds: Int64
    private let samplesMax: Int
    /// In the order of time. The last day's wait for what comes of them.
    private var samples: [TrainingSample] = []
    /// How many were dropped before the first one that is kept.
    private var dropped = 0
    /// By file, the samples of it whose day is not over, by their numbers from the very first.
    private var waiting: [UInt64: [Int]] = [:]
    private var due: Int64?

    /// - Parameters:
    ///   - span: seconds of the history: moments lie as far apart as is needed for so many.
    public init(span: Int64, momentsMax: Int64 = 4000, samplesMax: Int = samplesMax) {
        strideSeconds = max(900, span / max(1, momentsMax))
        self.samplesMax = max(1, samplesMax)
    }

    /// The moments before an open at which it is to be asked, oldest first. To be called before the model is told of the open.
    ///
    /// - Parameter time: seconds since 1970 of the open.
    public mutating func moments(before time: Int64) -> [Int64] {
        guard let due else {
            self.due = time + strideSeconds
            return []
        }
        // What lies in a long pause is as the day at its beginning: nobody was there.
        let first = time - due > 7 * Self.daySeconds ? time - 7 * Self.daySeconds : due
        let moments = Array(stride(from: first, to: time, by: Int(strideSeconds)))
        if let last = moments.last { self.due = last + strideSeconds }
        return moments
    }

    /// What may be opened at a moment.
    public mutating func note(_ evidence: [HabitEvidence], at now: Int64, _ local: LocalTime) {
        for item in evidence {
            let candidate = item.candidate
            let wanted = HeadBytes.expected(candidate.bytes, of: item.type)
            waiting[candidate.file, default: []].append(dropped + samples.count)
            samples.append(
                TrainingSample(
                    seconds: now, bytes: max(1, min(wanted, item.size)),
                    features: HabitFeatures.vector(of: item, at: now, local),
                    rulesConfidence: Float(candidate.probability * candidate.shareInSpan),
                    wasRead: false, opensNextDay: 0))
        }
        guard samples.count > samplesMax + samplesMax / 4 else { return }
        dropped += samples.count - samplesMax
        samples.removeFirst(samples.count - samplesMax)
    }

    /// Somebody has opened a file.
    public mutating func opened(_ file: UInt64, at time: Int64) {
        guard let numbers = waiting[file] else { return }
        var left: [Int] = []
        for number in numbers where number >= dropped {
            let place = number - dropped
            let age = time - samples[place].seconds
            guard age <= Self.daySeconds else { continue }
            left.append(number)
            // A moment and an open of the same second: the moment came first.
            if age <= Self.lookaheadSeconds { samples[place].wasRead = true }
            samples[place].opensNextDay = (samples[place].opensNextDay ?? 0) + 1
        }
        waiting[file] = left.isEmpty ? nil : left
    }

    /// The samples of which is known what came of them.
    ///
    /// - Parameter now: seconds since 1970, no earlier than the last open.
    public func finished(at now: Int64) -> [TrainingSample] {
        var known = samples.filter { now - $0.seconds > Self.lookaheadSeconds }
        for place in known.indices where now - known[place].seconds <= Self.daySeconds {
            known[place].opensNextDay = nil
        }
        return Array(known.suffix(samplesMax))
    }
}
