public import Habits
import Model

/// The columns of a forest for what habits say may be opened. Pure.
public enum HabitFeatures {
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - local: the same on the clock on the wall.
    public static func vector(
        of evidence: HabitEvidence, at now: Int64, _ local: LocalTime
    ) -> FeatureVector {
        var record = UseRecord()
        for occasion in evidence.occasions {
            record.opened(at: moment(occasion, now, local))
        }
        return FeatureExtractor.features(
            of: record, surroundings(of: evidence, at: now, local),
            at: moment(local, now, local))
    }

    private static func surroundings(
        of evidence: HabitEvidence, at now: Int64, _ local: LocalTime
    ) -> Surroundings {
        let candidate = evidence.candidate
        var surroundings = Surroundings()
        surroundings.size = evidence.size
        surroundings.isNextInSeries = evidence.seriesShare != nil
        surroundings.sequentialConfidence = evidence.seriesShare
        surroundings.burstConfidence = evidence.burstConfidence
        surroundings.periodicConfidence = candidate.probability
        if candidate.probability > 0 {
            let (first, last) = (candidate.window.lowerBound, candidate.window.upperBound)
            surroundings.secondsUntilDue = Double(first + (last - first) / 2 - now)
            surroundings.dueDeviation = Double(last - first) / 2
        }
        let ages = evidence.folderOccasions.map { seconds(from: $0, to: local) }
        surroundings.folderOpensLastHour = ages.count { $0 <= 3600 }
        surroundings.folderOpensLastDay = ages.count { $0 <= 86_400 }
        surroundings.secondsSinceSibling = ages.last.map { Double(max(0, $0)) }
        return surroundings
    }

    /// On the clock on the wall: an hour off across a day on which it is set.
    private static func seconds(from one: LocalTime, to other: LocalTime) -> Int64 {
        (Int64(other.day) - Int64(one.day)) * 86_400 + Int64(other.second) - Int64(one.second)
    }

    private static func moment(_ time: LocalTime, _ now: Int64, _ local: LocalTime) -> Moment {
        Moment(
            seconds: now - seconds(from: time, to: local), secondsOfDay: time.second,
            weekday: UInt8(time.weekday))
    }
}
