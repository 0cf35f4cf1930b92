import Control
import Habits
import History
import Model
import Platform
import View

/// What people did, and what they are expected to do, in the words of the control socket.
extension DaemonControl {
    /// Files that are named at most, and opens of one.
    private static let filesMax = 100
    private static let opensMax = 100
    /// Of the most opened files of the view, among which those below a folder are looked for.
    private static let searchedMax = 20_000

    func history(of path: RelativePath) -> ControlResponse {
        guard let store = view.history else { return .history(HistoryReport(isKept: false)) }
        do throws(HistoryError) {
            var report = HistoryReport(isKept: true)
            report.allocatedBytes = try store.allocatedBytes().bytes
            report.dropped = view.habitReport?.dropped ?? 0
            report.trouble = view.habitReport?.trouble
            if let use = try store.use(of: path) {
                report.files = [HistoryReport.File(use)]
                report.opens = try store.opens(of: path, limit: Self.opensMax)
                    .map(HistoryReport.Open.init)
            } else {
                report.files = try store.mostOpened(limit: Self.searchedMax)
                    .filter { $0.path.components.starts(with: path.components) }
                    .prefix(Self.filesMax).map { HistoryReport.File($0) }
            }
            return .history(report)
        } catch {
            return .failed("the history cannot be read: \(error)")
        }
    }

    func forgetHistory(of path: RelativePath) -> ControlResponse {
        do throws(HistoryError) {
            let selection: HistorySelection = path.components.isEmpty ? .everything : .below(path)
            guard let count = try view.forgetHistory(selection) else {
                return .history(HistoryReport(isKept: false))
            }
            var report = HistoryReport(isKept: true)
            report.forgotten = count
            return .history(report)
        } catch {
            return .failed("what was done at '\(path)' cannot be forgotten yet: \(error)")
        }
    }

    func forecast(hours: Int) -> ForecastReport {
        let found = view.habitForecast(ahead: .seconds(3600 * hours))
        var report = report(found)
        report.items.sort { ($0.earliest, $0.latest) < ($1.earliest, $1.latest) }
        do throws(HistoryError) {
            report.yesterday = try view.hindsight().map(ForecastReport.Yesterday.init)
        } catch {
            parts.log(.warning, "how the last day was expected cannot be told: \(error)")
        }
        return report
    }

    func warmPlan() -> ForecastReport { report(view.warmPlan()) }

    private func report(_ targets: [WarmTarget]?) -> ForecastReport {
        let habits = view.habitReport
        var report = ForecastReport(isKept: targets != nil, warms: habits?.warms ?? false)
        report.restraint = habits?.restraint
        report.items = (targets ?? []).map { target in
            ForecastReport.Item(
                path: WirePath(target.path), probability: target.probability.orZero,
                earliest: target.window.lowerBound, latest: target.window.upperBound,
                bytes: target.bytes, priority: target.priority.name, reason: target.reason)
        }
        return report
    }

    func habits(of path: RelativePath) -> ExplanationReport.Habits? {
        guard let (found, others) = view.habits(of: path) else { return nil }
        return ExplanationReport.Habits(
            opens: found.opens, lastOpen: found.last.seconds, usualBytes: found.usualBytes,
            confidence: found.confidence.value.orZero,
            patterns: found.items.map { item in
                ExplanationReport.Habits.Pattern(
                    kind: item.detection.kind.rawValue,
                    confidence: item.detection.confidence.orZero, reason: item.detection.reason,
                    other: item.other.flatMap { others[$0] })
            })
    }
}

extension HistoryReport.File {
    init(_ use: FileUse) {
        self.init(
            path: WirePath(use.path), opens: use.opens, firstOpen: use.firstOpen?.seconds,
            lastOpen: use.lastOpen?.seconds,
            meanIntervalSeconds: use.intervals.count > 0 ? use.intervals.mean.orZero : nil,
            readBytes: use.bytesRead,
            headBytes: use.headBytes.count > 0 ? Int64(use.headBytes.mean) : nil,
            sizeBytes: use.lastSize)
    }
}

extension HistoryReport.Open {
    init(_ event: HistoryEvent) {
        self.init(
            at: event.time.seconds, program: event.program.description, userID: event.userID)
    }
}

extension ForecastReport.Yesterday {
    init(_ hindsight: Hindsight) {
        self.init(
            expected: hindsight.expected.map { item in
                Item(
                    path: WirePath(item.path), probability: item.probability.orZero,
                    earliest: item.window.lowerBound, latest: item.window.upperBound,
                    openedAt: item.openedAt)
            }, opened: hindsight.opened, openedAsExpected: hindsight.openedAsExpected)
    }
}

extension HabitStatus {
    init(_ report: HabitReport) {
        self.init(
            files: report.files, isLearned: report.isLearned, warms: report.warms,
            notedEvents: report.noted, droppedEvents: report.dropped,
            fetchedFiles: report.fetched, rightFiles: report.right, wrongFiles: report.wrong,
            fetchedBytes: report.fetchedBytes, wastedBytes: report.wastedBytes,
            accuracy: report.accuracy.orZero, trouble: report.trouble,
            restraint: report.restraint, forest: ForestStatus(report.forest))
    }
}

extension ForestStatus {
    init(_ report: ForestReport) {
        self.init(
            decides: report.decides, samples: report.samples, reads: report.reads,
            upTo: report.upTo,
            advantage: report.advantage.flatMap { $0.isFinite ? $0 : nil },
            trouble: report.trouble)
    }
}
