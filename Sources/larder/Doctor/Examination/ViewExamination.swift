import Control
import Model
import Platform

/// What the facts of a view mean. Pure.
enum ViewExamination {
    static func findings(_ facts: ViewFacts) -> [Finding] {
        let isView = facts.view.mount?.fileSystemType == MountConfiguration.fileSystemType
        guard facts.view.isMountPoint else {
            return [place(facts)] + [nesting(facts)].compactMap { $0 }
        }
        guard isView else { return [otherMount(facts.view)] }
        return [daemon(facts), mount(facts.view), readahead(facts)].compactMap { $0 }
    }

    // MARK: - Mounted

    private static func daemon(_ facts: ViewFacts) -> Finding? {
        let path = facts.view.path
        switch facts.daemon {
        case .answers(let report):
            let reason = report.reason.map { ": \($0)" } ?? ""
            switch report.state {
            case .ok:
                let other =
                    report.program == Version.text
                    ? "" : "; it is \(report.program), another version"
                return Finding(
                    .viewState, other.isEmpty ? .ok : .note, path,
                    "process \(report.pid) serves it, and all is well\(other)",
                    advice: other.isEmpty ? nil : "mount it again when that suits")
            case .shareUnreachable:
                return Finding(
                    .viewState, .problem, path, "its share cannot be reached\(reason)",
                    advice: "what is cached stays readable; see whether the NAS is on")
            case .cacheDegraded:
                return Finding(
                    .viewState, .problem, path, "its cache is out of use\(reason)",
                    advice: "the view works without it; see to the disk of \(cachePath(facts))")
            }
        case .silent(let reason):
            // What the mount itself says tells more.
            if facts.view.answer != .found(nil) { return nil }
            return Finding(
                .viewState, .warning, path, "its daemon was not asked: \(reason)",
                advice: "was it started with another \(RuntimeDirectory.overrideVariable)?")
        case .others(let owner):
            return Finding(
                .viewState, .note, path, "user \(owner) mounted it: only they and root may ask it")
        case .none: return nil
        }
    }

    private static func cachePath(_ facts: ViewFacts) -> String { facts.cache?.path ?? "?" }

    private static func mount(_ view: ViewFacts.Place) -> Finding? {
        switch view.answer {
        case .found, .measured: return nil
        // Not for us to see: mounted by another user without allow_other.
        case .failed(.accessDenied), .failed(.notPermitted): return nil
        case .silent(let time):
            return Finding(
                .viewMount, .problem, view.path,
                "the view did not answer within \(time.text), which is all that doctor waits",
                advice: "its log may say why; `larder unmount --lazy \(view.path)` takes it away")
        case .failed(.notConnected), .failed(.connectionAborted):
            return Finding(
                .viewMount, .problem, view.path, "its daemon has died, and a dead mount is left",
                advice: "mount it again, which takes the dead one away, or"
                    + " `larder unmount \(view.path)`")
        case .failed(let error):
            return Finding(
                .viewMount, .problem, view.path, "the view fails: \(error.message)",
                advice: "`larder status \(view.path)` may say why")
        }
    }

    private static func readahead(_ facts: ViewFacts) -> Finding? {
        guard let kibibytes = facts.view.readaheadKibibytes, let mount = facts.view.mount else {
            return nil
        }
        let wanted = KernelReadahead.wantedKibibytes
        let file = KernelReadahead.file(device: mount.device)
        let figures = ["kibibytes": Double(kibibytes)]
        guard kibibytes < wanted else {
            return Finding(
                .viewReadahead, .ok, file, "the kernel reads \(kibibytes) KiB ahead in the view",
                figures: figures)
        }
        return Finding(
            .viewReadahead, .note, file,
            "the kernel reads \(kibibytes) KiB ahead in the view; with \(wanted), what is cached is"
                + " read about twice as fast",
            advice: "root may raise it: `echo \(wanted) > \(file)`, until the view is unmounted",
            figures: figures)
    }

    // MARK: - Not mounted

    private static func otherMount(_ view: ViewFacts.Place) -> Finding {
        let type = view.mount?.fileSystemType ?? "?"
        let source = view.mount?.source ?? "?"
        return Finding(
            .viewMount, .problem, view.path,
            "something else is mounted there: \(type), \(source)",
            advice: "choose another directory for the view, or `umount \(view.path)` first")
    }

    private static func place(_ facts: ViewFacts) -> Finding {
        let path = facts.view.path
        let problem = { (says: String, advice: String) in
            Finding(.viewPlace, .problem, path, says, advice: advice)
        }
        switch facts.view.answer {
        case .found(let found?):
            guard found.probe.isEmpty else {
                return problem(
                    "the view's place is not empty; mounting would hide what is in it",
                    "choose an empty directory")
            }
            guard facts.userID == 0 || found.mayWrite else {
                return problem(
                    "the view's place belongs to user \(found.userID) and may not be written by"
                        + " you, so fusermount3 will not mount there",
                    "choose a directory of your own")
            }
            return Finding(.viewPlace, .ok, path, "the view can be mounted there")
        case .found(nil), .measured:
            return Finding(.viewPlace, .ok, path, "the view's place answers")
        case .failed(.noSuchFile):
            return problem("the view's place does not exist", "`mkdir -p \(path)`")
        case .failed(.notDirectory):
            return problem("the view's place is not a directory", "choose an empty directory")
        case .silent(let time):
            return problem(
                "the view's place did not answer within \(time.text)",
                "choose a directory on a local disk")
        case .failed(let error):
            return problem(
                "the view's place cannot be used: \(error.message)", "choose another directory")
        }
    }

    private static func nesting(_ facts: ViewFacts) -> Finding? {
        guard let share = facts.share.answer.directory?.probe,
            let view = facts.view.answer.directory?.probe
        else { return nil }
        let problem = { (says: String) in
            Finding(
                .viewNesting, .problem, facts.view.path, says,
                advice: "choose an empty directory elsewhere for the view")
        }
        if share.identity == view.identity {
            return problem("view and share are the same directory")
        }
        if view.lies(in: share) { return problem("the view lies inside the share") }
        if share.lies(in: view) { return problem("the share lies inside the view's place") }
        return nil
    }
}
