import Control
import Glibc
import Model
import Platform

/// `larder mount`: from a well-formed request to a daemon that has ended.
struct MountCommand {
    var request: MountRequest

    /// - Returns: the daemon's exit code.
    func run() throws(CommandError) -> Int32 {
        // Before anything starts a thread: every thread inherits what is blocked here.
        SignalWaiter.block()
        if request.background {
            try BackgroundStart(request: try request.loaded()).run()
            return ExitCode.ok.rawValue
        }
        if let descriptor = request.reportDescriptor { return runInBackground(descriptor) }
        return try runInForeground()
    }

    private func runInForeground() throws(CommandError) -> Int32 {
        let request = try self.request.loaded()
        for note in request.notes { Terminal.err(note) }
        let outcome: MountPreflight.Outcome
        do {
            outcome = try MountPreflight.check(request.configuration)
        } catch {
            throw CommandError(error)
        }
        for note in outcome.notes { Terminal.err(note) }
        Self.leaveWorkingDirectory()
        let configuration = outcome.configuration
        let running = RunningConfiguration(request, inForce: configuration)
        // A service whose standard error leads to the journal: fields tell more than lines.
        let sink = Journal.isConnected() ? Journal.sink : StandardErrorSink.lines
        return runDaemon(running, absent: outcome.absent, sink: sink) { result in
            switch result {
            case .success:
                Terminal.err(
                    "\(configuration.viewPath) shows \(configuration.sharePath);"
                        + " ^C or `larder unmount \(configuration.viewPath)` ends it")
            case .failure(let failure): Terminal.err(failure.message)
            }
        }
    }

    /// The second process: everything is told through `descriptor` until the view is up or refused.
    private func runInBackground(_ descriptor: Int32) -> Int32 {
        // Passed on from here to nobody.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        for note in request.notes { BackgroundReport.note(note).send(to: descriptor) }
        let request: MountRequest
        let outcome: MountPreflight.Outcome
        let log: BackgroundLog
        do throws(MountFailure) {
            // Again, in the process that will read it for a reload.
            request = try loaded()
            // Made absolute before the working directory is left.
            log = try BackgroundLog(file: request.logFile)
            outcome = try MountPreflight.check(request.configuration)
            for note in outcome.notes { BackgroundReport.note(note).send(to: descriptor) }
            try log.open(view: outcome.configuration.viewPath)
        } catch {
            BackgroundReport.failed(error).send(to: descriptor)
            return error.kind.rawValue
        }
        Self.leaveWorkingDirectory()
        let configuration = outcome.configuration
        let running = RunningConfiguration(request, inForce: configuration)
        let code = runDaemon(running, absent: outcome.absent, sink: log.sink) { result in
            switch result {
            case .success:
                // Out of reach of the terminal. From here on nothing of this process may look at the mountpoint that an
                // automounter waits for.
                setsid()
                BackgroundReport.ready(view: configuration.viewPath).send(to: descriptor)
            case .failure(var failure):
                // What libraries and fusermount3 said on their own has not been seen by anybody.
                failure.message += log.saidSoFar
                BackgroundReport.failed(failure).send(to: descriptor)
            }
            // The first process stops listening at the end of the pipe.
            close(descriptor)
        }
        log.close(keep: code != ExitCode.ok.rawValue)
        return code
    }

    private func loaded() throws(MountFailure) -> MountRequest {
        do {
            return try request.loaded()
        } catch {
            throw MountFailure(error.message, kind: error.code == .usage ? .usage : .failed)
        }
    }

    /// A mount that lives for months must not keep the directory it was started from busy.
    private static func leaveWorkingDirectory() {
        _ = chdir("/")
    }
}
