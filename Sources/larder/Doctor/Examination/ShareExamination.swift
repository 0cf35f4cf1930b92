import Control
import Model
import Platform

/// What the facts of a share mean. Pure.
enum ShareExamination {
    static func findings(_ facts: ViewFacts) -> [Finding] {
        [answers(facts.share), isMounted(facts), root(facts)].compactMap { $0 }
            + ShareMountExamination.findings(facts)
            + [speed(facts)].compactMap { $0 }
    }

    // MARK: - There, and answering

    private static func answers(_ share: ViewFacts.Place) -> Finding {
        let path = share.path
        let finding = { (level: Finding.Level, says: String, advice: String) in
            Finding(.shareAnswers, level, path, says, advice: advice)
        }
        switch share.answer {
        case .found(let found?):
            guard found.mayRead else {
                return finding(
                    .problem, "the share may not be read by you",
                    "ask its owner, or mount as a user who may")
            }
            let figures = ["milliseconds": found.milliseconds]
            let after = "\(StatusText.decimal(found.milliseconds)) ms"
            guard !found.isSlow else {
                return Finding(
                    .shareAnswers, .note, path, "the share answered, after \(after)",
                    advice: "it may be busy, or have been asleep; if it is often so,"
                        + " see how long `time ls \(path)` takes",
                    figures: figures)
            }
            return Finding(
                .shareAnswers, .ok, path, "the share answered in \(after)", figures: figures)
        case .found(nil), .measured: return Finding(.shareAnswers, .ok, path, "the share answered")
        case .silent(let time):
            return finding(
                .problem,
                "the share did not answer within \(time.text), which is all that doctor waits",
                "see whether the NAS is on and the network is up, then try `ls \(path)`")
        case .failed(.noSuchFile):
            return finding(.problem, "the share does not exist", "create or mount it first")
        case .failed(.notDirectory):
            return finding(
                .problem, "the share is not a directory", "name the folder that it is in")
        case .failed(.accessDenied), .failed(.notPermitted):
            return finding(
                .problem, "the share may not be entered by you",
                "ask its owner, or mount as a user who may")
        case .failed(.notConnected):
            return finding(
                .problem, "the share's own mount is dead: its program has ended",
                "take it away (`fusermount3 -uz \(path)`, or `umount -l` as root), mount it again")
        case .failed(let error):
            return finding(
                .problem, "the share cannot be reached: \(error.message)",
                "see that it works by itself: `ls \(path)`")
        }
    }

    private static func isMounted(_ facts: ViewFacts) -> Finding? {
        let share = facts.share
        guard let found = share.answer.directory else { return nil }
        let finding = { (level: Finding.Level, says: String, advice: String?) in
            Finding(.shareMounted, level, share.path, says, advice: advice)
        }
        let type = share.mount?.fileSystemType ?? "an unknown file system"
        let source = share.mount.map { ", \($0.source)" } ?? ""
        if share.isMountPoint || !found.probe.isOnParentDevice {
            return finding(.ok, "the share is mounted (\(type)\(source))", nil)
        }
        if share.family.mayHang {
            let at = share.mount.map { String(decoding: $0.mountPoint, as: UTF8.self) } ?? "?"
            let lies = "the share lies on what is mounted at \(at) (\(type)\(source))"
            return finding(.ok, lies, nil)
        }
        guard found.probe.isEmpty else {
            return finding(
                .note, "nothing is mounted at the share: it is a folder of this machine (\(type))",
                "if it should be a NAS, mount that first; else all is well")
        }
        return finding(
            .problem,
            "the share is empty and nothing is mounted there, like a NAS that is not mounted",
            "mount the NAS first; `larder mount` refuses this unless told `-o force`")
    }

    // MARK: - What root is there

    private static func root(_ facts: ViewFacts) -> Finding? {
        guard facts.share.answer.directory?.refusesRoot == true else { return nil }
        let takes = "the share takes root for nobody (`root_squash` of NFS exports)"
        guard !facts.allowOther else {
            return Finding(
                .shareOptions, .note, facts.share.path,
                "\(takes): through the view users have what is theirs, and root what everybody has")
        }
        return Finding(
            .shareOptions, .warning, facts.share.path,
            "\(takes): a view that is root's alone shows only what everybody may read",
            advice: "mount the view with `-o allow_other`, or as the user whose files they are;"
                + " or export the share with no_root_squash")
    }

    // MARK: - Speed

    private static func speed(_ facts: ViewFacts) -> Finding? {
        switch facts.measurement {
        case .done(.measured(let measured)): return speed(facts.share.path, measured)
        case .done(.silent(let time)):
            return Finding(
                .shareSpeed, .problem, facts.share.path,
                "the share stopped answering while it was measured (\(time.text))",
                advice: "see whether the NAS and the network are well, and try again")
        case .done(let answer):
            let reason: String
            if case .failed(let error) = answer {
                reason = ": \(error.message)"
            } else {
                reason = ""
            }
            return Finding(
                .shareSpeed, .warning, facts.share.path, "the share cannot be measured\(reason)",
                advice: "see that files in it can be read")
        case .notAsked: break
        }
        guard facts.share.answer.directory != nil, case .answers(let report) = facts.daemon,
            let roundTrip = report.share.roundTripMilliseconds
        else { return nil }
        var figures = ["roundTripMilliseconds": roundTrip]
        var says = "in daily use: \(StatusText.roundTrip(roundTrip))"
        if let rate = report.share.bandwidthBytesPerSecond {
            figures["bytesPerSecond"] = rate
            says += ", \(ForesightText.rate(rate))"
        }
        return Finding(.shareSpeed, .ok, facts.share.path, says, figures: figures)
    }

    private static func speed(_ path: String, _ measured: ShareMeasurement) -> Finding {
        guard let roundTrip = measured.roundTripMilliseconds else {
            return Finding(
                .shareSpeed, .note, path, "no file was found to measure the share with",
                advice: "put a file of some 100 MB there, or measure again when there are files")
        }
        var figures = [
            "roundTripMilliseconds": roundTrip, "readBytes": Double(measured.bytes),
            "lanes": Double(measured.lanes),
        ]
        var parts = ["\(StatusText.decimal(roundTrip, digits: 2)) ms round trip"]
        if let single = measured.singleBytesPerSecond {
            figures["singleBytesPerSecond"] = single
            parts.append("\(ForesightText.rate(single)) to one reader")
        }
        if let rate = measured.bytesPerSecond {
            figures["bytesPerSecond"] = rate
            parts.append("\(ForesightText.rate(rate)) to \(measured.lanes) at a time")
        } else {
            parts.append("no file large enough to measure its bandwidth")
        }
        if !measured.isDirect {
            parts.append("read through the page cache, which may flatter it")
        }
        return Finding(
            .shareSpeed, measured.isDirect ? .ok : .note, path,
            parts.joined(separator: ", "), figures: figures)
    }
}
