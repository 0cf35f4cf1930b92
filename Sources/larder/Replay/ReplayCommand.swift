import Control
import FoundationEssentials
import Replay

/// `larder replay TRACE…`.
struct ReplayCommand {
    private struct Answer: Encodable {
        var version = 1
        var traces: [TraceReport]
    }

    var request: ReplayRequest

    func run() throws(CommandError) -> ExitCode {
        if request.household {
            let last = request.firstSeed + request.households - 1
            var settings = HouseholdSettings()
            if request.forest { settings.train = try HouseholdTrainer().train }
            let report = HouseholdReplay.report(seeds: request.firstSeed...last, settings)
            Terminal.out(HouseholdText.render(report))
            return .ok
        }
        var reports: [TraceReport] = []
        for path in request.traces {
            let report = try replay(path)
            if request.json {
                reports.append(report)
            } else {
                Terminal.out(ReplayText.render(report))
            }
        }
        if request.json {
            try Terminal.out(json: Answer(traces: reports), of: "the figures")
        }
        return .ok
    }

    /// One trace is in memory at a time.
    private func replay(_ path: String) throws(CommandError) -> TraceReport {
        let (trace, files) = try TraceFile(path: path).read()
        do throws(TraceError) {
            return try TraceReplay.run(trace, files: files, request.settings, path: path)
        } catch {
            throw .failure(error.description)
        }
    }
}
