import Forest
import History
import Model
import Platform
import Tiers
import View

/// A mount's history: a directory of its own beside what is cached of the share, which no change of the cache's format concerns.
enum HistoryStart {
    /// Opens it, and has the view keep it. Where it cannot be opened, the view does without.
    static func keep(
        _ cache: CacheDirectory?, _ configuration: MountConfiguration, _ view: ViewFileSystem,
        _ clock: SystemClock, _ log: Log
    ) {
        guard let cache, configuration.historyLimit.bytes > 0 else { return }
        let directory = "\(cache.path)/history"
        do throws(HistoryError) {
            let history = try SQLiteHistory(directory: directory, clock: clock, log: log)
            let program = TrainerProcess.locate(besides: OwnProgram.path)
            view.keepHistory(
                history, HabitSettings(configuration),
                forests: ForestPlace(directory: directory, program: program))
        } catch {
            log(
                .error,
                "\(configuration.viewPath): no history is kept, and no habits are looked for: \(error)"
            )
        }
    }
}

extension HabitSettings {
    init(_ configuration: MountConfiguration) {
        self.init(
            exclusions: HistoryExclusions(configuration.historyExclusions),
            bounds: HistoryBounds(
                ageMax: configuration.historyAge, bytesMax: configuration.historyLimit),
            warms: configuration.warming == .on, quietHours: configuration.quietHours)
    }
}
