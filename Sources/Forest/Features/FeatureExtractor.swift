import Model

import Glibc

/// Makes a ``FeatureVector`` of a file's history, its surroundings and a moment. Pure: it is told the time.
public enum FeatureExtractor {
    private static let day = 86_400.0
    /// Either side of a time of day within which an open counts as near it.
    private static let nearSeconds: Int32 = 1800

    public static func features(
        of record: UseRecord, _ surroundings: Surroundings, at now: Moment
    ) -> FeatureVector {
        var vector = FeatureVector()
        addTime(now, to: &vector)
        addUse(record, at: now, to: &vector)
        addHabit(record, at: now, to: &vector)
        addSurroundings(surroundings, to: &vector)
        return vector
    }

    private static func addTime(_ now: Moment, to vector: inout FeatureVector) {
        vector[.hour] = Float(now.hour)
        vector[.weekday] = Float(now.weekday)
        vector[.secondsOfDay] = Float(now.secondsOfDay)
        let angle = 2 * Double.pi * Double(now.secondsOfDay) / day
        vector[.daySine] = Float(sin(angle))
        vector[.dayCosine] = Float(cos(angle))
    }

    private static func addUse(
        _ record: UseRecord, at now: Moment, to vector: inout FeatureVector
    ) {
        vector[.accessCount] = Float(record.count)
        let within = { (seconds: Int64) in
            Float(record.recent.count { now.seconds - $0.seconds <= seconds })
        }
        vector[.opensLastHour] = within(3600)
        vector[.previousCount] = within(86_400)
        vector[.opensLastWeek] = within(7 * 86_400)
        guard let first = record.first, let last = record.last else { return }
        let age = Double(max(0, now.seconds - last.seconds))
        vector[.secondsSinceFirst] = Float(max(0, now.seconds - first.seconds))
        vector[.secondsSinceLast] = Float(age)
        guard record.count > 1 else { return }
        vector[.intervalMean] = Float(record.intervalMean)
        vector[.intervalDeviation] = record.intervalDeviation.map(Float.init)
        vector[.lastAccessAge] = Float(age / max(1, record.intervalMean))
    }

    /// What its opens say of this time of the day, and of this day of the week.
    private static func addHabit(
        _ record: UseRecord, at now: Moment, to vector: inout FeatureVector
    ) {
        guard let first = record.first, !record.recent.isEmpty else { return }
        // The day that has begun counts: a file of an hour ago has been there for one.
        let days = (Double(max(0, now.seconds - first.seconds)) / day).rounded(.down) + 1
        let weeks = max(1, days / 7)
        let at = { (hour: Int) in Double(record.byHour[(hour + 24) % 24]) }
        vector[.daysPresent] = Float(days)
        vector[.opensAtHourPerDay] = Float(at(now.hour) / days)
        vector[.opensNearHourPerDay] = Float(
            (at(now.hour - 1) + at(now.hour) + at(now.hour + 1)) / days)
        vector[.opensOnWeekdayPerWeek] = Float(
            Double(record.byWeekday[Int(now.weekday)]) / weeks)
        var near = 0
        var nearest: Int32 = 86_400
        for open in record.recent {
            let ahead = (open.secondsOfDay - now.secondsOfDay + 86_400) % 86_400
            if min(ahead, 86_400 - ahead) <= nearSeconds { near += 1 }
            nearest = min(nearest, ahead)
        }
        vector[.nearShareOfRecent] = Float(near) / Float(record.recent.count)
        vector[.secondsUntilHabit] = Float(nearest)
    }

    private static func addSurroundings(
        _ surroundings: Surroundings, to vector: inout FeatureVector
    ) {
        let flag = { (value: Bool?) in value.map { $0 ? Float(1) : 0 } }
        vector[.sequentialConfidence] = surroundings.sequentialConfidence.map(Float.init)
        vector[.burstConfidence] = surroundings.burstConfidence.map(Float.init)
        vector[.periodicConfidence] = surroundings.periodicConfidence.map(Float.init)
        vector[.secondsUntilDue] = surroundings.secondsUntilDue.map(Float.init)
        vector[.dueDeviation] = surroundings.dueDeviation.map(Float.init)
        vector[.memoryLoad] = surroundings.memoryLoad.map(Float.init)
        vector[.processorLoad] = surroundings.processorLoad.map(Float.init)
        vector[.diskLoad] = surroundings.diskLoad.map(Float.init)
        vector[.networkLoad] = surroundings.networkLoad.map(Float.init)
        vector[.priority] = surroundings.priority.map(weight)
        vector[.size] = surroundings.size.map { Float($0) }
        vector[.isSequential] = flag(surroundings.isSequential)
        vector[.wasPrefetched] = flag(surroundings.wasPrefetched)
        vector[.folderOpensLastHour] = surroundings.folderOpensLastHour.map { Float($0) }
        vector[.folderOpensLastDay] = surroundings.folderOpensLastDay.map { Float($0) }
        vector[.isNextInSeries] = flag(surroundings.isNextInSeries)
        vector[.secondsSinceSibling] = surroundings.secondsSinceSibling.map(Float.init)
    }

    /// As retention weighs priorities.
    private static func weight(of priority: Priority) -> Float {
        switch priority {
        case .critical: 1
        case .high: 0.8
        case .medium: 0.5
        case .low: 0.2
        }
    }
}
