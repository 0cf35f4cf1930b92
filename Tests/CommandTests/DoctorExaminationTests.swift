import Control
import Model
import Platform
import Testing

@testable import larder

/// Facts in, findings out: what each state of a machine, a share, a view and a cache is called.
@Suite struct DoctorExaminationTests {
    // MARK: - Facts of a machine and a mount with which all is well

    static let machine = MachineFacts(
        kernel: "6.1", fuseLibrary: "3.14.0", userID: 1000, fuseDevice: .opens,
        fusermount: .init(path: "/bin/fusermount3", isSetUserID: true, isOnNoSetUserID: false),
        userMayAllowOther: true, openFilesMax: 1 << 20, backgroundRequestsMax: 1000,
        indexing: .spares, saysPressure: true)

    static func mount(
        _ type: String, at path: String, _ options: [String] = [], source: String = "nas:/films"
    ) -> MountTable.Entry? {
        let options = (["rw"] + options).joined(separator: ",")
        let line = "2 1 0:50 / \(path) rw - \(type) \(source) \(options)"
        return MountTable(parsing: Array(line.utf8)).entries.first
    }

    static func survey(
        _ path: String, device: UInt64, inode: UInt64 = 2, above: UInt64 = 1, isEmpty: Bool = false
    ) -> DirectorySurvey {
        DirectorySurvey(
            probe: DirectoryProbe(
                path: path,
                chain: [
                    .init(device: device, inode: inode), .init(device: above, inode: 1),
                ], isEmpty: isEmpty), userID: 1000, mode: 0o700, mayRead: true, mayWrite: true,
            bytesAvailable: 100 << 30, milliseconds: 8)
    }

    static var view: ViewFacts {
        var cache = survey("/home/me/.cache/larder", device: 1, inode: 9)
        cache.holes = .given
        return ViewFacts(
            userID: 1000,
            share: .init(
                path: "/mnt/nas", answer: .found(survey("/mnt/nas", device: 50)),
                mount: mount("nfs4", at: "/mnt/nas"), isMountPoint: true),
            view: .init(
                path: "/home/me/nas",
                answer: .found(survey("/home/me/nas", device: 1, inode: 5, isEmpty: true)),
                mount: mount("ext4", at: "/")),
            cache: .init(
                path: "/home/me/.cache/larder", answer: .found(cache), mount: mount("ext4", at: "/")
            ),
            daemon: .none)
    }

    private static var mounted: ViewFacts {
        var facts = view
        facts.view = .init(
            path: "/home/me/nas", answer: .found(nil),
            mount: mount("fuse.larder", at: "/home/me/nas", source: "/mnt/nas"), isMountPoint: true,
            readaheadKibibytes: 1024)
        facts.daemon = .answers(status())
        return facts
    }

    private static func status(_ state: StatusReport.State = .ok) -> StatusReport {
        StatusReport(
            MountConfiguration(
                sharePath: "/mnt/nas", viewPath: "/home/me/nas",
                cacheDirectory: "/home/me/.cache/larder"), program: Version.text, pid: 42,
            uptimeSeconds: 1, state: state, reason: state == .ok ? nil : "EIO")
    }

    private func level(_ check: Finding.Check, _ findings: [Finding]) -> Finding.Level? {
        findings.filter { $0.check == check }.map(\.level).max()
    }

    /// The level of one check after a change of the machine's facts.
    private func machine(
        _ check: Finding.Check, _ change: (inout MachineFacts) -> Void
    ) -> Finding.Level? {
        var facts = Self.machine
        change(&facts)
        return level(check, MachineExamination.findings(facts))
    }

    private func findings(_ facts: ViewFacts) -> [Finding] {
        DoctorReport(machine: Self.machine, views: [facts]).views[0].findings
    }

    /// The level of one check after a change of a view's facts.
    private func planned(
        _ check: Finding.Check, _ change: (inout ViewFacts) -> Void
    ) -> Finding.Level? {
        var facts = Self.view
        change(&facts)
        return level(check, findings(facts))
    }

    private func running(
        _ check: Finding.Check, _ change: (inout ViewFacts) -> Void
    ) -> Finding.Level? {
        var facts = Self.mounted
        change(&facts)
        return level(check, findings(facts))
    }

    // MARK: - Well

    @Test func whereAllIsWellNothingIsSaidToBeWrong() {
        for facts in [Self.view, Self.mounted] {
            let report = DoctorReport(machine: Self.machine, views: [facts])
            #expect(report.worst == .ok, "\(report.all.filter { $0.level != .ok })")
            #expect(report.exitCode == .ok)
        }
    }

    @Test func whatIsNotOkSaysWhatToDo() {
        var machine = Self.machine
        machine.fuseDevice = .missing
        machine.fusermount = nil
        machine.indexing = .walks
        var facts = Self.view
        facts.share.answer = .silent(.milliseconds(500))
        facts.cache?.answer = .failed(.notDirectory)
        facts.view.answer = .failed(.noSuchFile)
        let report = DoctorReport(machine: machine, views: [facts])
        let wrong = report.all.filter { $0.level >= .warning }
        #expect(wrong.count == 6)
        #expect(wrong.allSatisfy { $0.advice?.isEmpty == false })
        #expect(report.exitCode == .failure)
    }

    @Test func warningsAloneAreNoFailure() {
        var machine = Self.machine
        machine.indexing = .walks
        let report = DoctorReport(machine: machine, views: [])
        #expect(report.worst == .warning)
        #expect(report.exitCode == .ok)
    }

    // MARK: - Machine

    @Test func fuse() {
        #expect(machine(.fuseDevice) { $0.fuseDevice = .missing } == .problem)
        #expect(machine(.fuseDevice) { $0.fuseDevice = .refused(.accessDenied) } == .problem)
        #expect(machine(.fusermount) { $0.fusermount = nil } == .problem)
        #expect(machine(.fusermount) { $0.fusermount?.isSetUserID = false } == .problem)
        #expect(machine(.fusermount) { $0.fusermount?.isOnNoSetUserID = true } == .problem)
        // Root mounts by itself.
        let asRoot = machine(.fusermount) { facts in
            facts.fusermount = nil
            facts.userID = 0
        }
        #expect(asRoot == .note)
        #expect(machine(.allowOther) { $0.userMayAllowOther = false } == .note)
        var wanted = Self.view
        wanted.allowOther = true
        var facts = Self.machine
        facts.userMayAllowOther = false
        #expect(
            level(.allowOther, DoctorReport(machine: facts, views: [wanted]).machine) == .problem)
        let rootAllows = machine(.allowOther) { facts in
            facts.userMayAllowOther = false
            facts.userID = 0
        }
        #expect(rootAllows == .ok)
    }

    @Test func limits() {
        #expect(machine(.openFiles) { $0.openFilesMax = 1024 } == .warning)
        #expect(machine(.openFiles) { $0.openFilesMax = .max } == .ok)
        #expect(machine(.backgroundRequests) { $0.backgroundRequestsMax = 4 } == .warning)
        #expect(machine(.backgroundRequests) { $0.backgroundRequestsMax = nil } == nil)
        #expect(machine(.updatedb) { $0.indexing = .walks } == .warning)
        #expect(machine(.updatedb) { $0.indexing = .notInstalled } == .ok)
        #expect(machine(.pressure) { $0.saysPressure = false } == .note)
    }

    @Test(arguments: [
        ("PRUNEFS=\"NFS fuse.larder nfs4\"", true), (" PRUNEFS = \"fuse.LARDER\"", true),
        ("PRUNEFS=fuse.larder", true), ("PRUNEFS=\"fuse fuse.sshfs\"", false),
        ("# PRUNEFS=\"fuse.larder\"", false), ("PRUNEPATHS=\"fuse.larder\"", false), ("", false),
    ])
    func readsWhatUpdatedbPrunes(configuration: String, spares: Bool) {
        #expect(MachineFacts.sparesViews("A=\"b\"\n\(configuration)\n") == spares)
    }

    // MARK: - Share

    @Test func aShareThatHangsSaysHowLongItWasWaitedFor() throws {
        var facts = Self.view
        facts.share.answer = .silent(.milliseconds(500))
        let finding = try #require(findings(facts).first { $0.check == .shareAnswers })
        #expect(finding.level == .problem)
        #expect(finding.says.contains("500ms"))
    }

    /// A NAS that is busy or wakes up works.
    @Test func whatAnswersSlowlyIsANoteWithItsTime() throws {
        var facts = Self.view
        var found = try #require(facts.share.answer.directory)
        found.milliseconds = 1234
        facts.share.answer = .found(found)
        let share = try #require(findings(facts).first { $0.check == .shareAnswers })
        #expect(share.level == .note && share.says.contains("after 1234"), "\(share.says)")
        #expect(share.figures?["milliseconds"] == 1234 && share.advice?.isEmpty == false)
        #expect(level(.cacheRights, findings(facts)) == .ok)
        found = try #require(facts.cache?.answer.directory)
        found.milliseconds = 1234
        facts.cache?.answer = .found(found)
        let cache = try #require(findings(facts).first { $0.check == .cacheRights })
        #expect(cache.level == .note && cache.says.contains("after 1234"), "\(cache.says)")
    }

    /// On an emulated or freshly started machine each took up to two seconds.
    @Test func whatIsSlowIsWaitedFor() {
        #expect(Surveyor.directoryTime >= .seconds(4))
        #expect(ViewFactsGatherer.answerTime >= .seconds(2))
    }

    @Test(arguments: [
        Errno.noSuchFile, .notDirectory, .accessDenied, .notConnected, .stale, .ioError,
    ])
    func aShareThatCannotBeUsedIsAProblem(error: Errno) {
        #expect(planned(.shareAnswers) { $0.share.answer = .failed(error) } == .problem)
    }

    @Test func aShareWhoseMountIsMissing() {
        let empty = planned(.shareMounted) { facts in
            facts.share = .init(
                path: "/mnt/nas",
                answer: .found(Self.survey("/mnt/nas", device: 1, isEmpty: true)),
                mount: Self.mount("ext4", at: "/"))
        }
        #expect(empty == .problem)
        let folder = planned(.shareMounted) { facts in
            facts.share = .init(
                path: "/data", answer: .found(Self.survey("/data", device: 1)),
                mount: Self.mount("ext4", at: "/"))
        }
        #expect(folder == .note)
        // A folder of what is mounted above it.
        let below = planned(.shareMounted) { facts in
            facts.share = .init(
                path: "/mnt/nas/films",
                answer: .found(Self.survey("/mnt/nas/films", device: 1, isEmpty: true)),
                mount: Self.mount("nfs4", at: "/mnt/nas"))
        }
        #expect(below == .ok)
    }

    @Test(arguments: [
        ("nfs4", ["rw", "hard", "vers=4.2", "rsize=1048576"], Finding.Level.note),
        ("nfs4", ["rw", "soft", "rsize=1048576"], .warning),
        ("nfs4", ["rw", "acregmax=600"], .warning), ("nfs", ["rw", "noac"], .note),
        ("nfs", ["rw", "rsize=32768"], .warning), ("nfs4", ["rw", "rsize=1048576"], .ok),
        ("cifs", ["rw", "soft", "actimeo=1", "rsize=4194304"], .ok),
        ("cifs", ["rw", "actimeo=3600"], .warning), ("cifs", ["rw", "cache=none"], .note),
        ("nfs4", ["ro", "rsize=1048576"], .note),
    ])
    func optionsOfTheShare(type: String, options: [String], level: Finding.Level) {
        let found = planned(.shareOptions) {
            $0.share.mount = Self.mount(type, at: "/mnt/nas", options)
        }
        #expect(found == level)
    }

    @Test(arguments: [
        (["sshfs", "nas:", "/mnt/nas"] as [String]?, Finding.Level.warning),
        (["sshfs", "nas:", "/mnt/nas", "-oreconnect,ServerAliveInterval=15"], .ok),
        (["sshfs", "nas:", "/mnt/nas", "-o", "reconnect", "-o", "serveraliveinterval=15"], .ok),
        (["sshfs", "nas:", "/mnt/nas", "-o", "reconnect"], .warning), (nil, .note),
        (
            ["sshfs", "nas:", "/mnt/nas", "-oreconnect,ServerAliveInterval=15,dir_cache=no"], .note
        ),
    ])
    func optionsOfSSHFS(arguments: [String]?, level: Finding.Level) {
        let found = planned(.shareOptions) { facts in
            facts.share.mount = Self.mount("fuse.sshfs", at: "/mnt/nas")
            facts.sshfsArguments = arguments
        }
        #expect(found == level)
    }

    @Test(arguments: [(true, false, true), (true, true, true), (false, true, false)])
    func aShareThatTakesRootForNobody(
        refusesRoot: Bool, allowOther: Bool, isSaid: Bool
    ) throws {
        var facts = Self.view
        facts.allowOther = allowOther
        var survey = try #require(facts.share.answer.directory)
        survey.refusesRoot = refusesRoot
        facts.share.answer = .found(survey)
        let found = ShareExamination.findings(facts).first { $0.says.contains("root_squash") }
        #expect((found != nil) == isSaid)
        if let found { #expect(found.level == (allowOther ? .note : .warning)) }
    }

    @Test func aMeasurementIsSaidInFigures() throws {
        var facts = Self.view
        facts.measurement = .done(
            .measured(
                ShareMeasurement(
                    roundTripMilliseconds: 8.25, singleBytesPerSecond: 40e6, bytesPerSecond: 95e6,
                    lanes: 16, bytes: 1 << 28)))
        let finding = try #require(findings(facts).first { $0.check == .shareSpeed })
        #expect(finding.figures?["roundTripMilliseconds"] == 8.25)
        #expect(finding.figures?["bytesPerSecond"] == 95e6)
        #expect(finding.says.contains("8.25 ms round trip"))
        let nothing = planned(.shareSpeed) { $0.measurement = .done(.measured(ShareMeasurement())) }
        #expect(nothing == .note)
        #expect(planned(.shareSpeed) { $0.measurement = .done(.silent(.seconds(10))) } == .problem)
        #expect(planned(.shareSpeed) { $0.measurement = .notAsked } == nil)
    }

    // MARK: - View

    @Test func thePlaceOfAView() {
        #expect(planned(.viewPlace) { $0.view.answer = .failed(.noSuchFile) } == .problem)
        #expect(planned(.viewPlace) { $0.view.answer = .silent(.seconds(1)) } == .problem)
        let full = planned(.viewPlace) { facts in
            facts.view.answer = .found(Self.survey("/home/me/nas", device: 1, inode: 5))
        }
        #expect(full == .problem)
        var closed = Self.survey("/home/me/nas", device: 1, inode: 5, isEmpty: true)
        closed.mayWrite = false
        let foreign = closed
        #expect(planned(.viewPlace) { $0.view.answer = .found(foreign) } == .problem)
        let nested = planned(.viewNesting) { facts in
            facts.view.answer = .found(Self.survey("/mnt/nas", device: 50, isEmpty: true))
        }
        #expect(nested == .problem)
        let other = planned(.viewMount) { facts in
            facts.view.mount = Self.mount("tmpfs", at: "/home/me/nas")
            facts.view.isMountPoint = true
        }
        #expect(other == .problem)
    }

    @Test func aMountedView() {
        #expect(running(.viewMount) { $0.view.answer = .failed(.notConnected) } == .problem)
        #expect(running(.viewMount) { $0.view.answer = .failed(.connectionAborted) } == .problem)
        #expect(running(.viewMount) { $0.view.answer = .silent(.seconds(1)) } == .problem)
        // Another user's, without allow_other: not ours to see.
        #expect(running(.viewMount) { $0.view.answer = .failed(.accessDenied) } == nil)
        #expect(running(.viewState) { $0.daemon = .others(7) } == .note)
        #expect(running(.viewState) { $0.daemon = .silent("gone") } == .warning)
        #expect(
            running(.viewState) { $0.daemon = .answers(Self.status(.shareUnreachable)) } == .problem
        )
        #expect(
            running(.viewState) { $0.daemon = .answers(Self.status(.cacheDegraded)) } == .problem)
        #expect(running(.viewReadahead) { $0.view.readaheadKibibytes = 128 } == .note)
        #expect(running(.viewReadahead) { $0.view.readaheadKibibytes = nil } == nil)
    }

    // MARK: - Cache

    private func cache(
        _ check: Finding.Check, _ change: (inout DirectorySurvey) -> Void
    ) -> Finding.Level? {
        planned(check) { facts in
            guard var found = facts.cache?.answer.directory else { return }
            change(&found)
            facts.cache?.answer = .found(found)
        }
    }

    @Test func rightsOfTheCache() {
        #expect(cache(.cacheRights) { $0.mode = 0o755 } == .warning)
        #expect(cache(.cacheRights) { $0.mode = 0o770 } == .problem)
        #expect(cache(.cacheRights) { $0.userID = 7 } == .problem)
        #expect(cache(.cacheRights) { $0.mayWrite = false } == .problem)
        // What is made by `larder mount` has no rights yet.
        let missing = cache(.cacheRights) { found in
            found.missing = ["larder"]
            found.mode = 0o755
            found.userID = 0
        }
        #expect(missing == .ok)
        #expect(planned(.cache) { $0.cache = nil } == .problem)
        #expect(
            running(.cache) { facts in
                facts.cache = nil
                facts.daemon = .silent("gone")
            } == .note)
        #expect(planned(.cache) { $0.cache?.answer = .silent(.seconds(1)) } == .problem)
        #expect(planned(.cache) { $0.diskLimit = ByteCount(0) } == .note)
    }

    @Test func placeOfTheCache() {
        let inside = cache(.cacheLocation) { $0.probe.chain[1] = .init(device: 50, inode: 2) }
        #expect(inside == .problem)
        let beside = cache(.cacheLocation) { $0.probe.chain[0] = .init(device: 50, inode: 9) }
        #expect(beside == .problem)
        for (type, level) in [
            ("tmpfs", Finding.Level.warning), ("nfs4", .warning), ("fuse.sshfs", .warning),
        ] {
            let found = planned(.cacheFileSystem) { $0.cache?.mount = Self.mount(type, at: "/c") }
            #expect(found == level)
        }
        #expect(planned(.cacheFileSystem) { _ in } == nil)
    }

    @Test func roomForTheCache() {
        // 100 MiB always stay free.
        #expect(cache(.cacheSpace) { $0.bytesAvailable = (5 << 30) + (100 << 20) } == .ok)
        #expect(cache(.cacheSpace) { $0.bytesAvailable = (5 << 30) + (100 << 20) - 1 } == .warning)
        // What is cached already counts as room.
        var facts = Self.mounted
        var report = Self.status()
        report.tiers = [
            StatusReport.Tier(name: "disk", bytes: 5 << 30, limitBytes: 5 << 30, entries: 1)
        ]
        facts.daemon = .answers(report)
        var found = Self.survey("/home/me/.cache/larder", device: 1, inode: 9)
        found.bytesAvailable = 100 << 20
        facts.cache?.answer = .found(found)
        #expect(level(.cacheSpace, findings(facts)) == .ok)
    }

    @Test func holes() {
        #expect(cache(.cacheHoles) { $0.holes = .refused(Errno.notSupported.rawValue) } == .problem)
        #expect(cache(.cacheHoles) { $0.holes = .kept } == .note)
        #expect(cache(.cacheHoles) { $0.holes = .untried(Errno.noSpace.rawValue) } == .problem)
    }
}
