import Control
import Fuse
import Glibc
import Metrics
import Model
import Platform
import Share
import Synchronization
import Tiers
import View

/// The composition root: creates the components of one mount, mounts, runs until the view is gone, tears down.
///
/// - Parameters:
///   - running: what is in force is checked by ``MountPreflight``.
///   - absent: the share, where it is not there.
///   - sink: takes what is logged.
///   - ready: called once: when the view is usable, or with the reason why it will not be.
/// - Returns: the process's exit code.
func runDaemon(
    _ running: RunningConfiguration, absent: AbsentShare? = nil,
    sink: @escaping @Sendable (LogRecord) -> Void,
    ready: @escaping @Sendable (Result<Void, MountFailure>) -> Void
) -> Int32 {
    let daemon: Daemon
    do throws(MountFailure) {
        daemon = try Daemon(running, absent, sink)
        try daemon.mount()
    } catch {
        ready(.failure(error))
        return error.kind.rawValue
    }
    return daemon.serve { ready(.success(())) }
}

/// The parts of one mount, bottom to top.
private final class Daemon: Sendable {
    private let configuration: MountConfiguration
    private let clock = SystemClock()
    private let log: Log
    private let scheduler: ShareScheduler
    private let share: Share
    private let rootAtStart: FileAttributes
    private let cacheDirectory: CacheDirectory?
    private let disk: DiskTier?
    private let storageDirectory: CacheDirectory?
    private let view: ViewFileSystem
    private let handler: DaemonControl
    private let control: ControlService
    private let session: FuseSession
    private let connectionGuard = Mutex<ConnectionGuard?>(nil)
    private let reporter = Mutex<ServiceReporter?>(nil)
    private let metrics = MetricRegistry()

    init(
        _ running: RunningConfiguration, _ absent: AbsentShare?,
        _ sink: @escaping @Sendable (LogRecord) -> Void
    ) throws(MountFailure) {
        let configuration = running.inForce
        self.configuration = configuration
        OpenFileLimit.raise()
        log = Log(
            levelMax: Log.Level(configuration.verbosity),
            context: LogRecord.Context(
                view: configuration.viewPath, share: configuration.sharePath), sink: sink)
        scheduler = ShareScheduler(
            lanes: configuration.lanes, deadline: configuration.shareDeadline, clock: clock,
            log: log, sharePath: configuration.sharePath, metrics: ShareMetrics(metrics))
        if configuration.offline == .yes { scheduler.hold() }
        let (share, root) = try Self.openShare(configuration, absent, scheduler, clock)
        self.share = share
        rootAtStart = root.attributes
        let identity = Self.shareIdentity(of: configuration.sharePath, share.mount)
        let buffers = BufferPool()
        (cacheDirectory, disk) = try Self.openCache(configuration, identity, buffers, clock, log)
        let storage = Self.openStorage(configuration, identity, behind: disk, clock, log)
        storageDirectory = storage.directory
        let tiers = TierChain(
            [disk, storage.tier].compactMap(\.self),
            admission: Placement(configuration.rules, disk: disk, storage: storage.tier),
            clock: clock, metrics: metrics)
        let cache = ChunkCache(
            configuration: ChunkCache.Configuration(configuration), share: share, tiers: tiers,
            buffers: buffers)
        view = ViewFileSystem(
            configuration: ViewFileSystem.Configuration(configuration), share: share,
            root: Self.known(root, disk), shareIdentity: identity, cache: cache, disk: disk,
            clock: clock, log: log, metrics: metrics)
        HistoryStart.keep(cacheDirectory, configuration, view, clock, log)
        Self.measure(cache, [disk, storage.tier], scheduler, view, metrics)
        if !configuration.bandwidth.isEmpty { view.limitPrefetch(by: configuration.bandwidth) }
        let parts = LiveParts(
            view: view, cache: cache, disk: disk, storage: storage.tier, scheduler: scheduler,
            log: log)
        parts.setTiers(configuration)
        handler = DaemonControl(
            running: running, parts: parts, view: view, cache: cache, disk: disk,
            storage: storage.tier, storageTrouble: storage.trouble, share: share, metrics: metrics,
            clock: clock)
        control = try Self.openControl(configuration, handler, clock)
        do throws(FuseSessionError) {
            session = try FuseSession(
                fileSystem: view, fsName: configuration.sharePath,
                subtype: MountConfiguration.fileSystemSubtype, options: configuration.fuseOptions,
                metrics: FuseMetrics(metrics))
        } catch {
            control.stop()
            throw MountFailure("\(error)")
        }
    }

    private static func openControl(
        _ configuration: MountConfiguration, _ handler: DaemonControl, _ clock: SystemClock
    ) throws(MountFailure) -> ControlService {
        do {
            return try Predecessor.outlasting(clock: clock) { error in
                guard case .claimed = error else { return nil }
                return configuration.viewPath
            } _: { () throws(ControlError) in
                try ControlService(configuration, handler: handler)
            }
        } catch {
            throw MountFailure("\(error)", kind: .failed)
        }
    }

    func mount() throws(MountFailure) {
        do throws(FuseSessionError) {
            try session.mount(at: configuration.viewPath)
        } catch {
            tearDown()
            throw MountFailure("cannot mount \(configuration.viewPath): \(error)")
        }
        do throws(Errno) {
            try session.setKernelReadahead(kibibytes: KernelReadahead.wantedKibibytes)
        } catch {
            // Only root may; the view is as correct with the kernel's own 128 KiB, and slower.
            log(
                .debug,
                "\(configuration.viewPath): kernel readahead stays as it is (\(error.message))")
        }
        view.attach(session)
        do throws(Errno) {
            let started = try ConnectionGuard(view: configuration.viewPath)
            connectionGuard.withLock { $0 = started }
        } catch {
            log(
                .warning,
                "\(configuration.viewPath): no guard for the case that this process is killed"
                    + " (\(error.message)); should that leave the view hanging, `larder unmount"
                    + " --lazy \(configuration.viewPath)` takes it away")
        }
        FuseSession.forwardLibraryLog(to: log)
        followShare()
    }

    /// Says where the share is, and takes it in when it comes.
    private func followShare() {
        let path = configuration.sharePath
        share.observe { [weak self] event in
            guard let self else { return }
            switch event {
            case .arrived:
                log(.warning, "the share \(path) is there now: names are asked for anew")
                view.shareArrived()
                // Not on the lane that has found it.
                startThread(name: "remember") { [weak self] in self?.rememberShare(nil) }
            case .other(let found):
                log(
                    .warning,
                    "what is mounted at the share \(path) now is another one, or mounted in another way"
                        + " (\(found.fileSystemType), \(found.source)), and is not taken for it;"
                        + " to show that one, unmount the view and mount it again")
            }
        }
        if let absence = share.absence, configuration.offline != .yes {
            log(
                .warning,
                "the share \(path) is offline since the start: \(absence.reason); what is cached is"
                    + " served, and the share is looked for every second")
        } else if share.absence == nil {
            rememberShare(rootAtStart)
        }
    }

    /// Notes how the share is found in the cache while it is not there. Blocks for the local disk.
    ///
    /// - Parameter root: its attributes; nil: asks for them, and waits.
    private func rememberShare(_ root: FileAttributes?) {
        guard let cacheDirectory, let mount = share.mount else { return }
        let asOf = clock.wall
        guard let root = root ?? (try? share.rootAttributes()) else { return }
        do throws(CacheDirectoryError) {
            try cacheDirectory.remember(
                KnownShare(
                    path: configuration.sharePath, mount: mount, usage: share.usageAtMount,
                    root: root, asOf: asOf))
        } catch {
            log(
                .warning,
                "where the share is not there at the next start, the view will not be either: \(error)"
            )
        }
    }

    /// Serves until the view is unmounted or a signal ends it. - Returns: the exit code.
    func serve(started: () -> Void) -> Int32 {
        let reporter = ServiceManager.current().map { manager in
            ServiceReporter(
                manager, clock: clock, state: { [handler] in handler.summary },
                lifeSigns: [
                    .view(configuration.viewPath, device: session.deviceNumber),
                    LifeSign("life-control", clock: clock) { [control] in control.answers() },
                ])
        }
        self.reporter.withLock { $0 = reporter }
        SignalWaiter.start { [self] signal in
            if signal == SIGHUP {
                log(
                    .info,
                    "\(configuration.viewPath): asking the share anew for names and attributes"
                        + " (SIGHUP)")
                reload()
            } else {
                log(.info, "\(configuration.viewPath): ending on signal \(signal)")
                reporter?.stop()
                session.unmount()
                session.exit()
            }
            return true
        }
        started()
        reporter?.start()
        var code = ExitCode.ok.rawValue
        do throws(FuseSessionError) {
            try session.run()
        } catch {
            log(
                .error,
                "\(configuration.viewPath): \(error); what is cached is kept, mount it again")
            code = ExitCode.failure.rawValue
        }
        reporter?.stop()
        // This is not the end that it waits for.
        connectionGuard.withLock { $0 }?.stop()
        session.unmount()
        tearDown()
        return code
    }

    /// Applies anew what can change while mounted; a service manager is told when it begins and when it is done.
    private func reload() {
        let body = { [view, handler] in
            view.refresh()
            _ = handler.reload()
        }
        guard let reporter = reporter.withLock({ $0 }) else { return body() }
        reporter.reload(body)
    }

    /// Nothing asks any more: jobs on the share are let go, the disk tier writes what it has, and last of all the
    /// control socket goes, for which `larder unmount` waits.
    private func tearDown() {
        scheduler.stop()
        share.stop()
        view.stop()
        disk?.close()
        control.stop()
        log.flush()
    }

    // MARK: - Parts

    /// The root's attributes, and since when they are known where they were not asked for now.
    private typealias Root = (attributes: FileAttributes, asOf: Timestamp?)

    private static func openShare(
        _ configuration: MountConfiguration, _ absent: AbsentShare?, _ scheduler: ShareScheduler,
        _ clock: SystemClock
    ) throws(MountFailure) -> (Share, Root) {
        let path = configuration.sharePath
        let open = { (absent: AbsentShare) -> (Share, Root) in
            let share = Share(
                absent: absent.known, reason: absent.reason, scheduler: scheduler,
                readsByProcesses: readsByProcesses, clock: clock)
            return (share, (absent.known.root, absent.known.asOf))
        }
        if let absent { return open(absent) }
        // It may have gone since it was looked at.
        let known = known(configuration)
        let deadline = configuration.shareDeadline
        // The share may hang: the mount must not.
        let opened = withDeadline(
            known == nil ? deadline : min(deadline, AbsentShare.patience), thread: "open-share"
        ) {
            Result { () throws(Errno) in try Share.Opening(path: path, clock: clock) }
        }
        switch opened {
        case .success(let opening):
            let share = Share(opening, scheduler: scheduler, readsByProcesses: readsByProcesses)
            return (share, (opening.attributes, nil))
        case .failure(let errno):
            if let known, AbsentShare.isAway(errno) {
                return open(AbsentShare(known: known, reason: AbsentShare.reason(errno)))
            }
            throw MountFailure("cannot open the share \(path): \(errno.message)")
        case nil:
            if let known {
                return open(AbsentShare(known: known, reason: AbsentShare.reason(.timedOut)))
            }
            throw MountFailure(
                "the share \(path) does not answer; is the server reachable?")
        }
    }

    /// For tests and measurements: `LARDER_READERS` is `processes` or `threads`. nil: as the share's file system calls for.
    private static var readsByProcesses: Bool? {
        switch Environment.variable("LARDER_READERS") {
        case "processes": true
        case "threads": false
        default: nil
        }
    }

    private static func known(_ configuration: MountConfiguration) -> KnownShare? {
        guard configuration.offline != .no, configuration.diskLimit.bytes > 0,
            let table = try? MountTable.current()
        else {
            return nil
        }
        return CacheDirectory.known(
            base: configuration.cacheDirectory, sharePath: configuration.sharePath)?
            .asMounted(table)
    }

    /// The last that is known of a root that was not asked: owner and mode may have changed since the share was opened.
    private static func known(_ root: Root, _ disk: DiskTier?) -> FileAttributes {
        guard let asOf = root.asOf, let listing = disk?.listings.listing(of: RelativePath()),
            asOf < listing.fetchedAt
        else { return root.attributes }
        return listing.directory
    }

    private static func directory(
        of configuration: MountConfiguration, in base: String, _ identity: ObjectKey,
        _ clock: SystemClock
    ) throws(CacheDirectoryError) -> CacheDirectory {
        try Predecessor.outlasting(clock: clock) { error in
            guard case .inUse(_, let holder) = error else { return nil }
            return holder.view
        } _: { () throws(CacheDirectoryError) in
            try CacheDirectory.open(
                base: base, shareIdentity: identity,
                sharePath: configuration.sharePath, view: configuration.viewPath)
        }
    }

    private struct Storage {
        var directory: CacheDirectory?
        var tier: DiskTier?
        /// Why there is none, though there should be.
        var trouble: String?
    }

    /// The tier behind the disk tier. Where it cannot be opened, or its disk does not answer, the view does without.
    private static func openStorage(
        _ configuration: MountConfiguration, _ identity: ObjectKey, behind disk: DiskTier?,
        _ clock: SystemClock, _ log: Log
    ) -> Storage {
        guard let disk, !configuration.storageDirectory.isEmpty else { return Storage() }
        let opened = withDeadline(storagePatience, thread: "open-storage") {
            Result { () throws(CacheDirectoryError) in
                let base = configuration.storageDirectory
                // Made here, it would be on the wrong disk where its own is not mounted.
                guard (try? FileCalls.attributes(ofPath: base)) != nil else {
                    throw .unusable(
                        path: base,
                        reason: "it is not there, and is not made: is its disk mounted?",
                        .noSuchFile)
                }
                let directory = try directory(of: configuration, in: base, identity, clock)
                let tier = try disk.openFollower(
                    objects: directory.path, limit: configuration.storageLimit,
                    freeSpaceMin: configuration.freeSpaceMin,
                    eviction: configuration.storageEviction)
                return (directory, tier)
            }
        }
        let trouble: String
        switch opened {
        case .success(let (directory, tier)):
            // One that comes too late is nobody's.
            disk.attach(tier)
            return Storage(directory: directory, tier: tier)
        case .failure(let error): trouble = error.text(option: "storage")
        case nil: trouble = "\(configuration.storageDirectory) does not answer"
        }
        log(.error, "\(configuration.viewPath): the view does without its storage tier: \(trouble)")
        return Storage(trouble: trouble)
    }

    /// How long its disk may take, beyond what another daemon takes to end.
    private static let storagePatience = Duration.seconds(10)

    private static func openCache(
        _ configuration: MountConfiguration, _ identity: ObjectKey, _ buffers: BufferPool,
        _ clock: SystemClock, _ log: Log
    ) throws(MountFailure) -> (CacheDirectory?, DiskTier?) {
        guard configuration.diskLimit.bytes > 0 else { return (nil, nil) }
        do throws(CacheDirectoryError) {
            let directory = try directory(
                of: configuration, in: configuration.cacheDirectory, identity, clock)
            let disk = try DiskTier(
                directory: directory.path, limit: configuration.diskLimit,
                freeSpaceMin: configuration.freeSpaceMin, eviction: configuration.diskEviction,
                rules: configuration.rules, buffers: buffers, clock: clock, log: log)
            return (directory, disk)
        } catch {
            throw MountFailure(error.description)
        }
    }

    /// What is in use at the moment in which somebody asks.
    private static func measure(
        _ cache: ChunkCache, _ tiers: [DiskTier?], _ scheduler: ShareScheduler,
        _ view: ViewFileSystem, _ metrics: MetricRegistry
    ) {
        let bytes = { (tier: String, read: @escaping @Sendable () -> Int64) in
            metrics.gauge(
                "larder_tier_bytes", "Bytes that a tier holds.", unit: .bytes,
                labels: [.init("tier", tier)]
            ) { Double(read()) }
        }
        bytes("memory") { Int64(cache.statistics.bytes) }
        for tier in tiers.compactMap(\.self) {
            bytes(tier.name) { tier.statistics.used.bytes }
        }
        metrics.gauge("larder_share_running", "Requests that the share works on.") {
            Double(scheduler.statistics.running)
        }
        metrics.gauge("larder_share_waiting", "Requests that wait for a lane.") {
            Double(scheduler.statistics.waiting)
        }
        metrics.gauge("larder_known_files", "Files, folders and links that the view knows.") {
            Double(view.namespaceStatistics.knownFiles)
        }
    }

    /// The same path can show another server tomorrow: what is mounted there belongs to the identity.
    private static func shareIdentity(of path: String, _ mount: MountTable.Entry?) -> ObjectKey {
        var parts = [Array(path.utf8)]
        if let mount {
            parts += [
                mount.mountPoint, Array(mount.fileSystemType.utf8), Array(mount.source.utf8),
            ]
        }
        var bytes: [UInt8] = []
        for part in parts {
            bytes += withUnsafeBytes(of: UInt64(part.count).littleEndian) { Array($0) } + part
        }
        return MessageDigest.sha256(bytes)
    }
}

extension ChunkCache.Configuration {
    fileprivate init(_ configuration: MountConfiguration) {
        self.init(
            memoryLimit: configuration.memoryLimit, consistency: configuration.consistency,
            rules: configuration.rules)
    }
}

extension ViewFileSystem.Configuration {
    fileprivate init(_ configuration: MountConfiguration) {
        self.init(
            consistency: configuration.consistency,
            propagationDelay: configuration.propagationDelay,
            attributeTTL: configuration.namespaceTTL, readahead: configuration.readaheadLimit,
            prefetchBudget: LiveParts.prefetchBudget(configuration),
            strategy: configuration.strategy, isReadOnly: configuration.isReadOnly,
            shownOwner: configuration.shownOwner, isShared: configuration.allowOther,
            rightsLifetime: configuration.rightsLifetime, catalogue: configuration.catalogue,
            catalogueRate: configuration.catalogueRate, rules: configuration.rules)
    }
}

extension Log.Level {
    init(_ verbosity: MountConfiguration.Verbosity) {
        switch verbosity {
        case .error: self = .error
        case .warning: self = .warning
        case .info: self = .info
        case .debug: self = .debug
        }
    }
}
