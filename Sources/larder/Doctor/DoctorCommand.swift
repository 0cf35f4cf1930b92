import Control
import Model
import Platform

/// `larder doctor [SHARE VIEW | VIEW] [-o OPTIONS] [--measure] [--json]`.
///
/// Three steps: facts are gathered, with deadlines for whatever may hang; findings are made of them, by pure functions;
/// then they are shown.
struct DoctorCommand {
    /// Views looked at without naming one; each costs three processes for a moment.
    static let viewsMax = 16

    var request: DoctorRequest

    func run() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        let (targets, leftOut) = try targets(locator)
        let machine = MachineFacts.gather(table: locator.table)
        let gatherer = ViewFactsGatherer(table: locator.table)
        var views = gatherer.gather(targets)
        measure(&views, gatherer.surveyor)
        let report = DoctorReport(machine: machine, views: views, leftOut: leftOut)
        if request.json {
            try Terminal.out(json: report, of: "the findings")
        } else {
            Terminal.out(DoctorText(colours: Terminal.outHasColours).render(report))
        }
        return report.exitCode
    }

    // MARK: - What to look at

    private func targets(
        _ locator: ViewLocator
    ) throws(CommandError) -> (targets: [DoctorTarget], leftOut: Int) {
        let options = request.options
        switch request.subject {
        case .everything:
            let views = try locator.views(nil)
            return (
                views.prefix(Self.viewsMax).map { mounted($0) },
                max(0, views.count - Self.viewsMax)
            )
        case .view(let path): return ([mounted(try locator.view(named: path))], 0)
        case .planned(let share, let view):
            let absolute = { (path: String) in
                RealPath.lexical(
                    path, from: String(decoding: locator.workingDirectory, as: UTF8.self))
            }
            let cache = options.cacheDirectory
            let target = DoctorTarget(
                share: absolute(share), view: absolute(view),
                cache: cache.isEmpty ? nil : absolute(cache), diskLimit: options.diskLimit,
                freeSpaceMin: options.freeSpaceMin, isReadOnly: options.isReadOnly,
                allowOther: options.allowOther)
            return ([target], 0)
        }
    }

    private func mounted(_ view: ViewLocator.View) -> DoctorTarget {
        DoctorTarget(
            share: view.source, view: view.path, diskLimit: request.options.diskLimit)
    }

    // MARK: - Measuring

    private func measure(_ views: inout [ViewFacts], _ surveyor: Surveyor) {
        for index in views.indices {
            // One that does not answer is not measured, and two views of one share are measured once.
            guard views[index].share.answer.directory?.mayRead == true else { continue }
            let path = views[index].share.path
            if let same = views[..<index].first(where: { $0.share.path == path }) {
                views[index].measurement = same.measurement
            } else if request.measure || isAllowed(path) {
                views[index].measurement = .done(surveyor.ask(Survey(.measure, path)))
            }
        }
    }

    /// Asks, where somebody sits who can answer.
    private func isAllowed(_ share: String) -> Bool {
        guard !request.json, TerminalMode.isTerminal(0), TerminalMode.isTerminal(1) else {
            return false
        }
        let most = ByteCount(ShareMeasurement.bytesMax)
        Terminal.raw(
            "Measure how fast \(share.printable) is? It takes about 5 s, reads up to \(most) of its"
                + " files, and writes nothing. [y/N] ")
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }
}
