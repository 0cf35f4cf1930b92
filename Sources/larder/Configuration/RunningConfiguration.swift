import Control
import Model
import Platform
import Synchronization

/// What is in force in a daemon, where each value came from, and what it takes to read it again. Threads: any.
final class RunningConfiguration: Sendable {
    private struct State {
        /// As it was asked for, with origins; what needs a remount stays as it was.
        var layers: LayeredConfiguration
        /// The same with canonical paths.
        var inForce: MountConfiguration
        var reloaded: Set<MountOption> = []
        /// What the file says otherwise.
        var afterRemount: [MountOption: String] = [:]
    }

    /// nil: there is none.
    let file: String?
    private let request: MountRequest
    private let state: Mutex<State>
    /// Held for as long as a reload takes: the command and SIGHUP may come together.
    private let reloading = Mutex(())

    /// - Parameter inForce: what ``MountPreflight`` made of the request.
    init(_ request: MountRequest, inForce: MountConfiguration) {
        self.request = request
        file = request.file
        state = Mutex(State(layers: request.layers, inForce: inForce))
    }

    var inForce: MountConfiguration { state.withLock { $0.inForce } }

    var report: ConfigurationReport {
        let state = state.withLock { $0 }
        let options = MountOption.settings.map { option in
            var shown = ConfigurationReport.Option(
                name: option.key, section: option.section?.rawValue,
                value: option.text(in: state.inForce), origin: .usual,
                reloaded: state.reloaded.contains(option), live: option.isLive,
                afterRemount: state.afterRemount[option])
            switch state.layers.origin(of: option) {
            case .usual: break
            case .commandLine: shown.origin = .commandLine
            case .file(_, let position):
                shown.origin = .file
                shown.line = position.line
            }
            return shown
        }
        return ConfigurationReport(viewPath: state.inForce.viewPath, file: file, options: options)
    }

    /// Reads the file again. A file that is wrong changes nothing.
    ///
    /// - Parameters:
    ///   - memoryMax: what this machine has.
    ///   - apply: puts into force what it is given; called before anybody is told of it.
    func reload(
        memoryMax: ByteCount, _ apply: (MountConfiguration) -> Void
    ) -> ReloadReport {
        reloading.withLock { _ in
            guard let file else { return ReloadReport(.noFile) }
            let layers: LayeredConfiguration
            do throws(CommandError) {
                layers = try read(file, memoryMax: memoryMax)
            } catch {
                return ReloadReport(
                    error.code == .usage ? .refused : .unreadable, file: file,
                    problem: error.message)
            }
            let before = state.withLock { $0 }
            let change = ConfigurationChange(from: before.layers, to: layers)
            var after = before
            after.layers = change.result
            after.reloaded.formUnion(change.changed)
            after.afterRemount = [:]
            var report = ReloadReport(.applied, file: file)
            for option in change.changed {
                option.copy(from: change.result.configuration, to: &after.inForce)
                report.changed.append(
                    Self.change(of: option, before.layers.configuration, layers.configuration))
            }
            for option in change.needsRemount {
                after.afterRemount[option] = option.text(in: layers.configuration) ?? "none"
                report.needsRemount.append(
                    Self.change(of: option, before.layers.configuration, layers.configuration))
            }
            if !change.changed.isEmpty { apply(after.inForce) }
            state.withLock { [after] in $0 = after }
            return report
        }
    }

    private func read(
        _ path: String, memoryMax: ByteCount
    ) throws(CommandError) -> LayeredConfiguration {
        let found = try ConfigurationFile.read(path)
        let layers: LayeredConfiguration
        do {
            layers = try LayeredConfiguration(
                MountRequest.settings(
                    over: found, commandLine: request.commandLine, paths: request.paths))
        } catch {
            throw error.commandError
        }
        guard layers.configuration.memoryLimit <= memoryMax else {
            throw .usage(
                "\(path): memory=\(layers.configuration.memoryLimit) is more than this machine has"
                    + " (\(memoryMax))")
        }
        return layers
    }

    private static func change(
        of option: MountOption, _ before: MountConfiguration, _ after: MountConfiguration
    ) -> ReloadReport.Change {
        ReloadReport.Change(
            option: option.plainName, before: option.text(in: before), after: option.text(in: after)
        )
    }
}
