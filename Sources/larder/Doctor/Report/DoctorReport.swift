/// All that doctor found, as `larder doctor --json` prints it (docs/DOCTOR_SCHEMA.md).
struct DoctorReport: Encodable, Equatable {
    static let versionNow = 1

    /// A view with its share and its cache.
    struct View: Encodable, Equatable {
        var view: String
        var share: String
        var findings: [Finding]
    }

    var version = Self.versionNow
    var program = Version.text
    /// The most serious level.
    var worst: Finding.Level
    /// Of the machine, whatever is mounted.
    var machine: [Finding]
    var views: [View]

    init(machine: [Finding], views: [View]) {
        self.machine = machine
        self.views = views
        worst = (machine + views.flatMap(\.findings)).map(\.level).max() ?? .ok
    }

    init(machine: MachineFacts, views: [ViewFacts], leftOut: Int = 0) {
        var general = MachineExamination.findings(
            machine, wantsAllowOther: views.contains { $0.allowOther && $0.daemon == .none })
        if leftOut > 0 {
            general.append(
                Finding(
                    .views, .note, nil,
                    "\(StatusText.count(leftOut, "more view")) not looked at",
                    advice: "name one: `larder doctor VIEW`"))
        }
        self.init(
            machine: general,
            views: views.map { facts in
                View(
                    view: facts.view.path, share: facts.share.path,
                    findings: ShareExamination.findings(facts) + ViewExamination.findings(facts)
                        + CacheExamination.findings(facts))
            })
    }

    var all: [Finding] { machine + views.flatMap(\.findings) }

    /// Warnings alone are no failure: everything works.
    var exitCode: ExitCode { worst == .problem ? .failure : .ok }
}
