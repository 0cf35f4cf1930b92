public import Model

/// All that the habits know of one file, for people.
public struct HabitExplanation: Sendable, Equatable {
    /// A pattern, and the other file where it is one of two.
    public struct Item: Sendable, Equatable {
        public var detection: Detection
        public var other: UInt64?
    }

    /// Opens.
    public var opens: Int
    public var last: Timestamp
    /// Bytes that are usually read.
    public var usualBytes: Int64?
    /// The surest first.
    public var items: [Item]
    /// That it is wanted again, without a model.
    public var confidence: AccessConfidence
}

extension HabitModel {
    /// - Returns: nil for a file that is not known.
    public func explain(_ file: UInt64, at: Timestamp) -> HabitExplanation? {
        guard let place = files.place(of: file) else { return nil }
        let habit = files[place]
        var items = own(habit).map { HabitExplanation.Item(detection: $0) }
        let rules = correlation.rules(after: file)
        items += rules.map { HabitExplanation.Item(detection: $0.detection, other: $0.key) }
        if let folder = folders.place(of: habit.folder) {
            let seconds = Double(at.seconds) + Double(at.nanoseconds) * 1e-9
            let ofFolder = [
                PeriodicRule.hourly(folders[folder].occasions),
                PeriodicRule.weekly(folders[folder].occasions),
            ].compactMap { $0 }.map {
                Detection($0.kind, confidence: $0.confidence, reason: "its folder: \($0.reason)")
            }
            let burst = folders[folder].burst.detection(at: seconds).map { [$0] } ?? []
            items += (ofFolder + burst).map { HabitExplanation.Item(detection: $0) }
        }
        items.sort { $0.detection.confidence > $1.detection.confidence }
        return HabitExplanation(
            opens: Int(habit.count), last: habit.last,
            usualBytes: habit.usualBytes >= 0 ? habit.usualBytes : nil, items: items,
            confidence: AccessConfidence(
                age: at.seconds(since: habit.last), count: Int(habit.count),
                pattern: items.first?.detection.confidence ?? 0, dependencies: rules.count))
    }

    private func own(_ habit: FileHabit) -> [Detection] {
        var found = [
            PeriodicRule.hourly(habit.occasions), PeriodicRule.weekly(habit.occasions),
        ].compactMap { $0 }
        let rhythm = habit.intervals.confidence
        if rhythm >= IntervalStatistics.confidenceMin {
            found.append(
                Detection(
                    .periodic, confidence: rhythm,
                    reason: "opened every \(ReasonText.duration(habit.intervals.mean)) or so"))
        }
        let list = habit.occasions.list
        let intervals = zip(list.dropFirst(), list).map { Double($0.linear - $1.linear) }
        if let peak = Autocorrelation(intervals).peaks.first, peak.lag > 1 {
            found.append(
                Detection(
                    .periodic, confidence: peak.value,
                    reason: "every \(peak.lag) occasions the intervals repeat themselves"))
        }
        return found
    }
}
