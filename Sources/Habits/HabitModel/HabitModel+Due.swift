extension HabitModel {
    /// Folders that somebody came back to, those with the most occasions first.
    public func foldersUsed(atMost limit: Int) -> [UInt64] {
        folders.indices.filter { folders[$0].occasions.count > 1 }
            .sorted { folders[$1].occasions.count < folders[$0].occasions.count }
            .prefix(limit).map { folders.key(at: $0) }
    }

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
