import Control
import Fuse
import Glibc
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
///   - sink: takes what is logged.
///   - ready: called once: when the view is usable, or with the reason why it will not be.
/// - Returns: the process's exit code.
func runDaemon(
    _ running: RunningConfiguration, sink: @escaping @Sendable (LogRecord) -> Void,
    ready: @escaping @Sendable (Result<Void, MountFailure>) -> Void
) -> Int32 {
    let daemon: Daemon
    do throws(MountFailure) {
        daemon = try Daemon(running, sink)
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
    private let cacheDirectory: CacheDirectory?
    private let disk: DiskTier?
    private let view: ViewFileSystem
    private let handler: DaemonControl
    private let control: ControlService
    private let session: FuseSession
    private let connectionGuard = Mutex<ConnectionGuard?>(nil)
    private let reporter = Mutex<ServiceReporter?>(nil)

    init(
        _ running: RunningConfiguration, _ sink: @escaping @Sendable (LogRecord) -> Void
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
            log: log, sharePath: configuration.sharePath)
        let share = try Self.openShare(configuration, scheduler, clock)
        let identity = Self.shareIdentity(of: configuration.sharePath)
        let buffers = BufferPool()
        (cacheDirectory, disk) = try Self.openCache(configuration, identity, buffers, clock, log)
        let cache = ChunkCache(
            configuration: ChunkCache.Configuration(
                memoryLimit: configuration.memoryLimit, consistency: configuration.consistency),
            share: share.share, disk: disk, buffers: buffers)
        view = ViewFileSystem(
            configuration: ViewFileSystem.Configuration(
                consistency: configuration.consistency,
                propagationDelay: configuration.propagationDelay,
                attributeTTL: configuration.namespaceTTL, readahead: configuration.readaheadLimit,
                prefetchBudget: LiveParts.prefetchBudget(configuration),
                strategy: configuration.strategy, isReadOnly: configuration.isReadOnly,
                shownOwner: configuration.shownOwner, isShared: configuration.allowOther,
                rightsLifetime: configuration.rightsLifetime),
            share: share.share, root: share.root, shareIdentity: identity, cache: cache,
            clock: clock, log: log)
        if !configuration.bandwidth.isEmpty { view.limitPrefetch(by: configuration.bandwidth) }
        handler = DaemonControl(
            running: running,
            parts: LiveParts(view: view, cache: cache, scheduler: scheduler, log: log), view: view,
            cache: cache, share: share.share, clock: clock)
        do {
            let handler = handler
            control = try Predecessor.outlasting(clock: clock) { error in
                guard case .claimed = error else { return nil }
                return configuration.viewPath
            } _: { () throws(ControlError) in
                try ControlService(configuration, handler: handler)
            }
        } catch {
            throw MountFailure("\(error)", kind: .failed)
        }
        do throws(FuseSessionError) {
            session = try FuseSession(
                fileSystem: view, fsName: configuration.sharePath,
                subtype: MountConfiguration.fileSystemSubtype, options: configuration.fuseOptions)
        } catch {
            control.stop()
            throw MountFailure("\(error)")
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
        view.stop()
        disk?.close()
        control.stop()
        log.flush()
    }

    // MARK: - Parts

    private static func openShare(
        _ configuration: MountConfiguration, _ scheduler: ShareScheduler, _ clock: SystemClock
    ) throws(MountFailure) -> (share: Share, root: FileAttributes) {
        // The share may hang: the mount must not.
        let opened = withDeadline(configuration.shareDeadline, thread: "open-share") {
            () -> Result<(Share, FileAttributes), Errno> in
            do throws(Errno) {
                let share = try Share(
                    path: configuration.sharePath, scheduler: scheduler, clock: clock)
                return .success((share, try share.rootAttributes()))
            } catch {
                return .failure(error)
            }
        }
        switch opened {
        case .success(let (share, root)): return (share, root)
        case .failure(let errno):
            throw MountFailure("cannot open the share \(configuration.sharePath): \(errno.message)")
        case nil:
            throw MountFailure(
                "the share \(configuration.sharePath) does not answer; is the server reachable?")
        }
    }

    private static func openCache(
        _ configuration: MountConfiguration, _ identity: ObjectKey, _ buffers: BufferPool,
        _ clock: SystemClock, _ log: Log
    ) throws(MountFailure) -> (CacheDirectory?, DiskTier?) {
        guard configuration.diskLimit.bytes > 0 else { return (nil, nil) }
        do throws(CacheDirectoryError) {
            let directory = try Predecessor.outlasting(clock: clock) { error in
                guard case .inUse(_, let holder) = error else { return nil }
                return holder.view
            } _: { () throws(CacheDirectoryError) in
                try CacheDirectory.open(
                    base: configuration.cacheDirectory, shareIdentity: identity,
                    sharePath: configuration.sharePath, view: configuration.viewPath)
            }
            let disk = try DiskTier(
                directory: directory.path, limit: configuration.diskLimit, buffers: buffers,
                clock: clock, log: log)
            return (directory, disk)
        } catch {
            throw MountFailure(error.description)
        }
    }

    /// The same path can show another server tomorrow: what is mounted there belongs to the identity.
    private static func shareIdentity(of path: String) -> ObjectKey {
        var parts = [Array(path.utf8)]
        if let mount = (try? MountTable.current())?.entry(containing: Array(path.utf8)) {
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
