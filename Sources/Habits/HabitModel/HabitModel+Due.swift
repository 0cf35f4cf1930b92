extension HabitModel {
    /// Folders whose habit touches `from ..< until`, the most probable first: the ones whose order ``expected(from:until:_:)`` will
    /// ask for.
    public func foldersDue(from: Int64, until: Int64) -> [UInt64] {
        var clock = clock
        var due: [(folder: UInt64, probability: Double)] = []
        for place in folders.indices
        where folders[place].occasions.count >= TimeOfDay.occasionsMin {
            guard
                let forecast = HabitForecast.daily(
                    folders[place].occasions, from: from, until: until, &clock
                ).first, forecast.probability >= settings.probabilityMin
            else { continue }
            due.append((folders.key(at: place), forecast.probability))
        }
        due.sort { ($1.probability, $0.folder) < ($0.probability, $1.folder) }
        return due.prefix(settings.candidatesMax).map(\.folder)
    }
}
