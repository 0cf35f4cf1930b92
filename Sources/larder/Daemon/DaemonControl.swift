import Control
import Metrics
import Model
import Platform
import Share
import Tiers
import View

/// Answers the control socket from the parts of a running mount. Never asks the share.
struct DaemonControl: ControlHandler {
    let running: RunningConfiguration
    let parts: LiveParts
    let view: ViewFileSystem
    let cache: ChunkCache
    let disk: DiskTier?
    let storage: DiskTier?
    /// Why there is none, though there should be.
    let storageTrouble: String?
    let share: Share
    let metrics: MetricRegistry
    let clock: SystemClock
    private let started: Duration

    init(
        running: RunningConfiguration, parts: LiveParts, view: ViewFileSystem, cache: ChunkCache,
        disk: DiskTier?, storage: DiskTier?, storageTrouble: String?, share: Share,
        metrics: MetricRegistry,
        clock: SystemClock
    ) {
        self.running = running
        self.parts = parts
        self.view = view
        self.cache = cache
        self.disk = disk
        self.storage = storage
        self.storageTrouble = storageTrouble
        self.share = share
        self.metrics = metrics
        self.clock = clock
        started = clock.monotonic
    }

    func handle(_ request: ControlRequest) -> ControlResponse {
        switch request {
        case .status: .status(status())
        case .sleep: beginSleep()
        case .wake: endSleep()
        case .offline: setOffline(true)
        case .online: setOffline(false)
        case .evict(let paths): .evicted(paths.map { evict($0.path) })
        case .explain(let path): .explained(explanation(of: path.path))
        case .records(let after, let max): .accesses(accesses(after: after, max: max))
        case .configuration: .configuration(running.report)
        case .reload: .reloaded(reload())
        case .pin(let path, let bytes, let priority): pin(path.path, bytes: bytes, priority)
        case .unpin(let path): unpin(path.path)
        case .pins: pins()
        case .history(let path): history(of: path.path)
        case .forgetHistory(let path): forgetHistory(of: path.path)
        case .forecast(let hours): .forecast(forecast(hours: hours))
        case .warmPlan: .forecast(warmPlan())
        case .known(let path, let after): known(path.path, after: after)
        case .cached(let path, let tier, let after): cached(path.path, tier, after: after)
        case .refresh(let paths): .refreshed(refresh(paths.map(\.path)))
        case .verify(let path, let after, let sums):
            .verified(verify(path.path, after: after, sums: sums))
        }
    }

    private func beginSleep() -> ControlResponse {
        share.beginSleep()
        return .status(status())
    }

    private func endSleep() -> ControlResponse {
        share.endSleep()
        return .status(status())
    }

    private func setOffline(_ isOffline: Bool) -> ControlResponse {
        if isOffline {
            share.scheduler.hold()
        } else {
            share.scheduler.letGo()
        }
        return .status(status())
    }

    /// Asked for by the command, or by SIGHUP; the log says what came of it.
    @discardableResult
    func reload() -> ReloadReport {
        let report = running.reload(memoryMax: MountHost.memory) { parts.apply($0) }
        if report.outcome == .noFile { return report }
        // What is wrong with a file takes a line each, which are no repetitions of each other.
        for line in ReloadText.line(report).split(separator: "\n").map(String.init) {
            parts.log(report.outcome == .applied ? .info : .error, kind: line, line)
        }
        return report
    }

    /// How long the kernel may take to be told. It lets a notice wait for operations that wait for the share.
    private static let kernelPatience = Duration.seconds(1)

    /// Returns when the kernel believes nothing of it any more either.
    func refresh(_ paths: [RelativePath]) -> [RefreshReport] {
        guard !paths.isEmpty else { return [] }
        let isSent = ConditionMutex(false)
        let known = view.refresh(paths) {
            isSent.withLock { isSent, condition in
                isSent = true
                condition.signal()
            }
        }
        _ = isSent.wait(timeout: Self.kernelPatience) { isSent, _ in isSent ? true : nil }
        return zip(paths, known).map { RefreshReport(path: $0, known: $1) }
    }

    private func evict(_ path: RelativePath) -> EvictionReport {
        let dropped = view.evict(path)
        return EvictionReport(
            path: path, files: dropped.files, chunks: dropped.chunks, bytes: dropped.bytes,
            listings: dropped.listings)
    }

    /// Whether share and cache do what they should. Never waits.
    struct Health: Equatable, Sendable {
        var state = StatusReport.State.ok
        var reason: String?
        /// Monotonic.
        var since: Duration?
    }

    var health: Health { health(share.scheduler.statistics) }

    private func health(_ scheduler: ShareScheduler.Statistics) -> Health {
        if let since = scheduler.heldSince {
            return Health(
                state: .shareUnreachable, reason: "offline (by request)", since: since)
        }
        if let absence = share.absence {
            let other = absence.other.map {
                "; another share is mounted in its place now (\($0.fileSystemType), \($0.source))"
            }
            return Health(
                state: .shareUnreachable,
                reason: "offline since the start: \(absence.reason)\(other ?? "")",
                since: absence.since)
        }
        if let since = scheduler.unreachableSince {
            return Health(
                state: .shareUnreachable,
                reason: "the share does not answer", since: since)
        }
        // A mount that is there, and whose server knows it no more, need not be mounted again for all to go on.
        if let outOfReach = scheduler.outOfReach,
            share.disconnectedSince == nil || outOfReach.error == .stale
        {
            return Health(
                state: .shareUnreachable,
                reason: "the share cannot be reached (\(outOfReach.error.message))",
                since: outOfReach.since)
        }
        if let since = share.disconnectedSince {
            return Health(
                state: .shareUnreachable,
                reason: "its own mount is gone, and all goes on when it is mounted again",
                since: since)
        }
        if case .degraded(let reason) = disk?.state {
            return Health(state: .cacheDegraded, reason: reason)
        }
        if case .degraded(let reason) = storage?.state {
            return Health(state: .cacheDegraded, reason: "storage tier: \(reason)")
        }
        if let storageTrouble {
            return Health(
                state: .cacheDegraded, reason: "without its storage tier: \(storageTrouble)")
        }
        return Health()
    }

    /// The same as one line for people, who may be others than the view's.
    var summary: String {
        let health = health
        let reason = health.reason.map { " (\($0))" } ?? ""
        let configuration = running.inForce
        return "\(configuration.viewPath) shows \(configuration.sharePath): "
            + health.state.text + reason
    }

    private func status() -> StatusReport {
        let now = clock.monotonic
        let scheduler = share.scheduler.statistics
        // First: it tells the disk tier what was asked for until now.
        let memory = cache.statistics
        var report = StatusReport(
            running.inForce, program: Version.text, pid: Environment.processID,
            uptimeSeconds: (now - started).inSeconds)
        let health = health(scheduler)
        report.state = health.state
        report.reason = health.reason
        report.isOfflineByRequest = scheduler.heldSince != nil
        report.troubleSeconds = health.since.map { (now - $0).inSeconds }
        report.tiers =
            [Self.tier(memory)]
            + cache.tiers.figures.map { figures in
                let own = [disk, storage].compactMap(\.self).first { $0.name == figures.name }
                return own.map { Self.tier($0.statistics, figures) } ?? Self.tier(figures)
            }
        let link = share.linkEstimate
        report.share = StatusReport.Share(
            reads: Int64(clamping: link.operations), bytes: Int64(clamping: link.bytes),
            inFlight: scheduler.running, waiting: scheduler.waiting,
            roundTripMilliseconds: link.roundTrip.map { $0.inSeconds * 1000 },
            bandwidthBytesPerSecond: link.bandwidth)
        let names = view.namespaceStatistics
        report.namespace = StatusReport.Namespace(
            knownFiles: names.knownFiles, listings: names.listings,
            revalidations: Int64(clamping: names.revalidations),
            lookups: Int64(clamping: names.lookups),
            cachedLookups: Int64(clamping: names.cachedLookups),
            listingsOpened: Int64(clamping: names.listingsOpened),
            cachedListings: Int64(clamping: names.cachedListings),
            listingsAhead: Int64(clamping: names.listingsAhead),
            refusedEntries: Int64(clamping: names.refusedEntries),
            unreadableEntries: Int64(clamping: names.unreadableEntries))
        report.catalogue = catalogue(at: now)
        report.readahead = StatusReport.Readahead(
            issuedBytes: Int64(clamping: memory.prefetchedBytes),
            usedBytes: Int64(clamping: memory.prefetchUsedBytes),
            unusedBytes: Int64(clamping: memory.prefetchWastedBytes))
        report.foresight = foresight()
        report.habits = view.habitReport.map(HabitStatus.init)
        report.metrics = metrics.samples.compactMap(MetricStatus.init)
        return report
    }

    private static func tier(_ memory: MemoryTierStatistics) -> StatusReport.Tier {
        StatusReport.Tier(
            name: "memory", bytes: Int64(memory.bytes), limitBytes: memory.limit,
            entries: memory.chunks, hits: Int64(clamping: memory.hits),
            misses: Int64(clamping: memory.misses),
            servedBytes: Int64(clamping: memory.bytesServed),
            evictions: Int64(clamping: memory.evictions))
    }

    /// Of a tier of which nothing more is known here.
    private static func tier(_ figures: TierFigures) -> StatusReport.Tier {
        StatusReport.Tier(
            name: figures.name, bytes: 0, limitBytes: 0, entries: 0,
            hits: Int64(clamping: figures.hits), misses: Int64(clamping: figures.misses),
            servedBytes: Int64(clamping: figures.bytes))
    }

    private static func tier(
        _ disk: DiskTierStatistics, _ figures: TierFigures
    ) -> StatusReport.Tier {
        var tier = StatusReport.Tier(
            name: figures.name, bytes: disk.used.bytes, limitBytes: disk.limit.bytes,
            entries: disk.objects, hits: Int64(clamping: disk.hits),
            misses: Int64(clamping: disk.misses),
            servedBytes: Int64(clamping: figures.bytes),
            evictions: Int64(clamping: disk.evictions), dropped: Int64(disk.dropped),
            damaged: Int64(disk.damaged))
        tier.demotions = Int64(clamping: disk.demotions)
        tier.promotions = Int64(clamping: disk.promotions)
        tier.rejections = Int64(clamping: disk.rejections)
        tier.savedBytes = Int64(clamping: disk.savedBytes)
        tier.types = ContentType.allCases.map { type in
            StatusReport.Tier.TypeFigures(type, disk.history[type] ?? .init())
        }
        return tier
    }
}

extension StatusReport.Tier.TypeFigures {
    fileprivate init(_ type: ContentType, _ history: DiskTierStatistics.History) {
        self.init(
            type: type.word, hits: Int64(clamping: history.hits),
            misses: Int64(clamping: history.misses), evictions: Int64(clamping: history.evictions),
            demotions: Int64(clamping: history.demotions),
            promotions: Int64(clamping: history.promotions),
            rejections: Int64(clamping: history.rejections),
            writtenBytes: Int64(clamping: history.writtenBytes),
            savedBytes: Int64(clamping: history.savedBytes))
    }
}
