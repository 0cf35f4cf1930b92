import Habits
import History
import Model
import Platform
import Synchronization

/// What people ask of it.
extension HabitKeeper {
    private static let daySeconds: Int64 = 86_400

    var report: HabitReport {
        var report = HabitReport()
        knowledge.withLock { knowledge in
            report.files = knowledge.model.fileCount
            report.isLearned = knowledge.isLearned
        }
        report.warms = settings.withLock { $0.warms }
        let figures = recorder.figures
        report.noted = figures.noted
        report.dropped = figures.dropped
        report.trouble = figures.trouble.map { "\($0)" }
        report.forest = trainer?.report ?? ForestReport()
        warmer.tell(&report)
        return report
    }

    /// Also the paths of the other files that it names, as far as they are known.
    func explanation(
        of path: RelativePath
    ) -> (explanation: HabitExplanation, others: [UInt64: RelativePath])? {
        let now = clock.wall
        return knowledge.withLock { knowledge in
            guard let found = knowledge.model.explain(Self.number(of: path), at: now) else {
                return nil
            }
            var others: [UInt64: RelativePath] = [:]
            for other in found.items.compactMap(\.other) {
                others[other] = knowledge.paths.value(for: other)
            }
            return (found, others)
        }
    }

    func forecast(ahead: Duration) -> [WarmTarget] {
        let now = clock.wall.seconds
        let until = now + ahead.components.seconds
        showFolders(from: now, until: until, mayAsk: false)
        return forecast(from: now, until: until)
    }

    /// As the round that is due next would have it.
    func planNow() -> [WarmTarget] {
        let settings = settings.withLock { $0 }
        guard settings.warms, let lookahead = lookahead(settings) else { return [] }
        let now = clock.wall.seconds
        return plan(from: now, until: now + lookahead, mayAsk: false)
            .sorted(by: WarmTarget.isMoreUrgent)
    }

    // MARK: - Hindsight

    /// Learns what was known a day ago, and holds what it expects against what came.
    func hindsight() throws(HistoryError) -> Hindsight {
        // A machine without a battery for its clock begins in 1970.
        let end = max(0, clock.wall.seconds)
        let start = max(0, end - Self.daySeconds)
        var past = Knowledge(model: HabitModel(clock: Self.localClock))
        // Names of folders are those of today.
        past.order = knowledge.withLock { $0.order }
        try eachOpen(in: Timestamp(seconds: 0)..<Timestamp(seconds: start)) { open in
            past.note(open, usualBytes: nil)
        }
        let now = clock.monotonic
        for folder in past.unknownFolders(from: start, until: end, at: now) {
            let latest = past.latest(in: folder)
            guard let contents = contents(of: folder, latest: latest, knownNames) else { continue }
            past.show(folder, contents, rules, at: now)
        }
        let order = past.order
        let expected = past.model.expected(from: start, until: end, order)
        var firstOpens: [RelativePath: Int64] = [:]
        try eachOpen(in: Timestamp(seconds: start)..<Timestamp(seconds: end)) { open in
            if firstOpens[open.path] == nil { firstOpens[open.path] = open.at.seconds }
        }
        var hindsight = Hindsight(span: start..<end)
        hindsight.opened = firstOpens.count
        hindsight.expected = expected.compactMap { candidate in
            guard let path = past.paths.value(for: candidate.file) else { return nil }
            return Hindsight.Item(
                path: path, probability: candidate.probability, reason: candidate.detection.reason,
                window: candidate.window, openedAt: firstOpens[path])
        }
        hindsight.openedAsExpected = hindsight.expected.count { $0.openedAt != nil }
        return hindsight
    }
}
