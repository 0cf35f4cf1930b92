public import Habits
public import History
public import Model

import Platform
import Synchronization

/// What people do with the view's files, over days: kept, looked at for habits, and shown to them.
extension ViewFileSystem {
    /// From now on a history is kept, and habits are looked for in it. Once, before the view is mounted. Without a disk tier nothing happens.
    ///
    /// - Parameters:
    ///   - history: changed by nobody else.
    ///   - forests: nil: none is grown, and the rules decide.
    public func keepHistory(
        _ history: any HistoryStore, _ settings: HabitSettings, forests: ForestPlace? = nil
    ) {
        guard let disk else { return }
        let recorder = HistoryRecorder(
            store: history, bounds: settings.bounds, exclusions: settings.exclusions, clock: clock,
            log: log)
        let warmer = Warmer(
            share: share, cache: cache, disk: disk, versions: versions, prefetcher: prefetcher,
            clock: clock)
        let keeper = HabitKeeper(
            settings, history: history, recorder: recorder, prefetcher: prefetcher, share: share,
            namespace: namespace, rules: configuration.rules, warmer: warmer,
            trainer: forests.map { HabitTrainer($0, clock: clock, log: log) }, clock: clock,
            log: log)
        habits.withLock { $0 = keeper }
        prefetcher.tell(keeper)
    }

    /// Sets what can change while the view is mounted. Blocks for the history's disk where more is excluded than was.
    public func setHabits(_ settings: HabitSettings) {
        habits.withLock { $0 }?.set(settings)
    }

    /// nil where no history is kept.
    public var habitReport: HabitReport? { habits.withLock { $0 }?.report }

    /// What is known of the habits of one file; nil where nothing is.
    public func habits(
        of path: RelativePath
    ) -> (explanation: HabitExplanation, others: [UInt64: RelativePath])? {
        habits.withLock { $0 }?.explanation(of: path)
    }

    /// What is expected in the time from now on, the most probable first; nil where no history is kept. Of folders whose names
    /// the view does not know nothing is expected.
    public func habitForecast(ahead: Duration) -> [WarmTarget]? {
        habits.withLock { $0 }?.forecast(ahead: ahead)
    }

    /// What would be fetched in the next round, the most urgent first; nil where no history is kept.
    public func warmPlan() -> [WarmTarget]? {
        habits.withLock { $0 }?.planNow()
    }

    /// How a forecast for the last day would have done that had been made at its beginning. Blocks for the history's disk.
    public func hindsight() throws(HistoryError) -> Hindsight? {
        guard let keeper = habits.withLock({ $0 }) else { return nil }
        return try keeper.hindsight()
    }

    /// nil where none is kept.
    public var history: (any HistoryStore)? { habits.withLock { $0 }?.history }

    /// Forgets in the history and in what was learned from it; nil where none is kept. Blocks for the history's disk.
    ///
    /// - Returns: files and folders that were forgotten.
    public func forgetHistory(_ selection: HistorySelection) throws(HistoryError) -> Int? {
        guard let keeper = habits.withLock({ $0 }) else { return nil }
        return try keeper.forget(selection)
    }
}
