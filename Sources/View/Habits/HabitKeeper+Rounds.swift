import Foresight
import Habits
import History
import Model
import Platform
import Share
import Synchronization

/// What is due, and when it is brought.
extension HabitKeeper {
    /// Folders that are listed for one round, of those whose habit is due and whose names are not known.
    private static let listedMax = 20
    /// How long before the history's end counts as what was in use at the stop.
    private static let hotSeconds: Int64 = 3600
    private static let hotMax = 20

    /// Looks ahead and has the warmer bring what is expected.
    func round() {
        let settings = settings.withLock { $0 }
        guard settings.warms, let lookahead = lookahead(settings) else { return }
        let now = clock.wall.seconds
        var targets = plan(from: now, until: now + lookahead, mayAsk: true)
        let known = Set(targets.map(\.path))
        targets += hot(at: now).filter { !known.contains($0.path) }
        // Once: what is used from here on is in the tiers.
        lastOpens.withLock { $0 = [] }
        warmer.bring(targets)
        trainIfDue()
    }

    /// Seconds to look ahead: until the round after the next, and in the last round before quiet hours to their end.
    ///
    /// - Returns: nil within them.
    func lookahead(_ settings: HabitSettings) -> Int64? {
        let usual = (prefetcher.strategy.lookahead + Self.roundInterval).components.seconds
        guard let quiet = settings.quietHours, let minute = Platform.LocalTime.minuteOfDay() else {
            return usual
        }
        let untilQuiet = Int64(quiet.minutesUntilStart(from: minute)) * 60
        guard untilQuiet > 0 else { return nil }
        // The rounds come every few minutes: this is the last.
        guard untilQuiet <= Self.roundInterval.components.seconds else { return usual }
        return untilQuiet + Int64(quiet.length) * 60 + usual
    }

    /// What would be brought for a span of time, the most probable first.
    ///
    /// - Parameters:
    ///   - from: seconds since 1970.
    ///   - until: likewise.
    ///   - mayAsk: the share is asked for the names of folders that are needed and not known: blocks.
    func plan(from: Int64, until: Int64, mayAsk: Bool) -> [WarmTarget] {
        let least = Self.probabilityMin(prefetcher.strategy)
        showFolders(from: from, until: until, mayAsk: mayAsk)
        let targets = forestTargets(from: from, until: until) ?? forecast(from: from, until: until)
        return targets.filter { $0.probability >= least }
    }

    /// That a file is opened, as often as its time comes: a warm head that nobody comes for costs some megabytes, and one that is missing a wait.
    static func probabilityMin(_ strategy: Strategy) -> Double {
        // A final confidence without what is not known yet: the accuracy, and what else the machine does.
        strategy.confidenceMin * RecentAccuracy.unknown
    }

    /// What is expected in a span of time, the most probable first.
    func forecast(from: Int64, until: Int64) -> [WarmTarget] {
        knowledge.withLock { knowledge in
            let order = knowledge.order
            let found = knowledge.model.expected(from: from, until: until, order)
            return targets(found, &knowledge)
        }
    }

    func targets(
        _ candidates: [HabitCandidate], _ knowledge: inout Knowledge
    ) -> [WarmTarget] {
        candidates.compactMap { candidate in
            guard let path = knowledge.paths.value(for: candidate.file) else { return nil }
            let type = rules.type(of: path, size: candidate.bytes ?? 0)
            return WarmTarget(
                path: path, bytes: HeadBytes.expected(candidate.bytes, of: type),
                probability: candidate.probability,
                priority: WarmTarget.Priority(probability: candidate.probability),
                window: candidate.window, reason: candidate.detection.reason)
        }
    }

    /// The next of a folder is known by its listing: those that are due and not known are asked for.
    func showFolders(from: Int64, until: Int64, mayAsk: Bool) {
        let now = clock.monotonic
        let folders = knowledge.withLock { $0.unknownFolders(from: from, until: until, at: now) }
        for folder in folders.prefix(Self.listedMax) where mayGoOn {
            let latest = knowledge.withLock { $0.latest(in: folder) }
            let contents = contents(of: folder, latest: latest) { folder in
                knownNames(of: folder) ?? (mayAsk ? listedNames(of: folder) : nil)
            }
            guard let contents else { continue }
            knowledge.withLock { $0.show(folder, contents, rules, at: now) }
        }
    }

    /// Asks the share. nil where it does not say.
    private func listedNames(of folder: RelativePath) -> FolderNames? {
        guard share.scheduler.isReachable, prefetcher.restraint == nil else { return nil }
        let listed = Mutexed(FolderNames())
        let answer = Waiting.ask {
            (completion: @escaping @Sendable (Result<Void, Errno>) -> Void) in
            share.list(
                ShareLocation(folder), urgency: .background,
                receive: { batch in
                    listed.withLock { listed in
                        if batch.isFirst { listed = FolderNames() }
                        for entry in batch.entries {
                            listed.add(
                                entry.name, isFile: entry.attributes.isRegular,
                                isFolder: entry.attributes.isDirectory, size: entry.attributes.size)
                        }
                        return listed.files.count <= 8 * HabitOrder.filesMax
                    }
                }, completion: completion)
        }
        guard case .success = answer else { return nil }
        return listed.withLock { $0 }
    }

    /// What was in use in the last hour before the view was last taken away, each file once, the latest first.
    ///
    /// - Parameter now: seconds since 1970.
    private func hot(at now: Int64) -> [WarmTarget] {
        let lastOpens = lastOpens.withLock { $0 }
        guard let last = lastOpens.last?.time.seconds else { return [] }
        var seen: Set<RelativePath> = []
        let paths = lastOpens.filter { $0.time.seconds >= last - Self.hotSeconds }
            .reversed().map(\.path).filter { seen.insert($0).inserted }
        return paths.prefix(Self.hotMax).map { path in
            let type = rules.type(of: path, size: 0)
            return WarmTarget(
                path: path, bytes: HeadBytes.expected(usualBytes(of: path), of: type),
                probability: WarmTarget.Priority.normal.weight, priority: .normal,
                window: now...now + Self.hotSeconds,
                reason: "in use before the view was last taken away")
        }
    }
}
