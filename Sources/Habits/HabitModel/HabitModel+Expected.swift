import Model

extension HabitModel {
    /// What is expected to be opened in `from ..< until`, the most probable first.
    ///
    /// A candidate is named when its window, two standard deviations to each side, touches the span; ``HabitCandidate/shareInSpan``
    /// says how much of it does.
    ///
    /// - Parameters:
    ///   - from: seconds since 1970: now, or later.
    ///   - order: asked for the folders that are due, a few times each.
    public func expected(
        from: Int64, until: Int64, _ order: some FolderOrder
    ) -> [HabitCandidate] {
        var clock = clock
        var found: [UInt64: HabitCandidate] = [:]
        let add = { (candidate: HabitCandidate) in
            let known = found[candidate.file]?.probability ?? 0
            if candidate.probability > known { found[candidate.file] = candidate }
        }
        for place in files.indices {
            guard let forecast = forecast(ofFileAt: place, from: from, until: until, &clock),
                forecast.probability >= settings.probabilityMin, forecast.windowEnd >= from
            else { continue }
            let file = files.key(at: place)
            let bytes = bytes(of: file, size: files[place].size, in: files[place].folder)
            add(Self.candidate(file, forecast, .periodic, share: 1, bytes: bytes))
        }
        for place in folders.indices
        where folders[place].occasions.count >= TimeOfDay.occasionsMin {
            guard
                let forecast = HabitForecast.daily(
                    folders[place].occasions, from: from, until: until, &clock
                ).first, forecast.probability >= settings.probabilityMin,
                forecast.windowEnd >= from
            else { continue }
            let folder = folders.key(at: place)
            guard
                let (next, share) = folders[place].series(
                    folder, order, readerShare: readerShare(ofFolderAt: place)),
                forecast.probability * share >= settings.probabilityMin
            else { continue }
            let bytes = bytes(of: next.file, size: next.size, in: folder)
            add(Self.candidate(next.file, forecast, .series, share: share, bytes: bytes))
        }
        return Array(
            found.values.sorted { ($1.probability, $0.file) < ($0.probability, $1.file) }
                .prefix(settings.candidatesMax))
    }

    /// By its time of day, else by its rhythm where that is shorter than a day.
    func forecast(
        ofFileAt place: Int, from: Int64, until: Int64, _ clock: inout LocalClock
    ) -> HabitForecast? {
        if files[place].occasions.count >= TimeOfDay.occasionsMin,
            let daily = HabitForecast.daily(
                files[place].occasions, from: from, until: until, &clock
            ).first
        {
            return daily
        }
        guard files[place].intervals.mean < Double(LocalTime.daySeconds) / 2 else { return nil }
        return HabitForecast.rhythmic(
            files[place].intervals, last: files[place].last.seconds, from: from, until: until)
    }

    static func candidate(
        _ file: UInt64, _ forecast: HabitForecast, _ kind: Detection.Kind, share: Double,
        bytes: Int64?
    ) -> HabitCandidate {
        let half = Int64(forecast.deviation.rounded(.up))
        let reason =
            kind == .series
            ? "the next of its folder, which is \(forecast.reason)" : forecast.reason
        return HabitCandidate(
            file: file, probability: forecast.probability * share,
            window: forecast.due - half...forecast.due + half,
            shareInSpan: forecast.shareInSpan, bytes: bytes,
            detection: Detection(
                kind, confidence: forecast.probability * share, reason: reason))
    }
}
