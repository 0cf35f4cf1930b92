import Control
import Model
import Platform

/// What the facts of a cache directory mean. Pure.
enum CacheExamination {
    static func findings(_ facts: ViewFacts) -> [Finding] {
        guard facts.diskLimit.bytes > 0 else {
            return [
                Finding(
                    .cache, .note, nil, "no disk tier: nothing stays cached after an unmount",
                    advice: "leave `disk=0` away to have one")
            ]
        }
        guard let cache = facts.cache else {
            switch facts.daemon {
            case .silent, .others:
                return [
                    Finding(.cache, .note, nil, "where its cache is, only the view's daemon knows")
                ]
            case .none, .answers: break
            }
            return [
                Finding(
                    .cache, .problem, nil, "nobody says where the cache is to be",
                    advice: "set HOME or XDG_CACHE_HOME, or mount with `-o cache=DIR`")
            ]
        }
        guard let found = cache.answer.directory else { return [unusable(cache)] }
        return [
            rights(facts, cache, found), location(facts, cache, found), kind(cache),
            space(facts, cache, found), holes(cache, found),
        ].compactMap { $0 }
    }

    private static let elsewhere = "choose a directory on a local disk with `-o cache=DIR`"

    private static func unusable(_ cache: ViewFacts.Place) -> Finding {
        switch cache.answer {
        case .silent(let time):
            return Finding(
                .cache, .problem, cache.path,
                "the cache did not answer within \(time.text), which is all that doctor waits",
                advice: elsewhere)
        case .failed(.notDirectory):
            return Finding(
                .cache, .problem, cache.path, "the cache is not a directory",
                advice: "name a directory with `-o cache=DIR`")
        case .failed(.accessDenied):
            return Finding(
                .cache, .problem, cache.path, "the cache may not be entered by you",
                advice: "name a directory of your own with `-o cache=DIR`")
        case .failed(let error):
            return Finding(
                .cache, .problem, cache.path, "the cache cannot be used: \(error.message)",
                advice: elsewhere)
        case .found, .measured:
            return Finding(.cache, .problem, cache.path, "the cache was not looked at")
        }
    }

    /// Existence, owner, mode, writability.
    private static func rights(
        _ facts: ViewFacts, _ cache: ViewFacts.Place, _ found: DirectorySurvey
    ) -> Finding {
        let finding = { (level: Finding.Level, says: String, advice: String?) in
            Finding(.cacheRights, level, cache.path, says, advice: advice)
        }
        guard found.mayWrite else {
            return finding(
                .problem,
                found.missing.isEmpty
                    ? "the cache may not be written by you"
                    : "the cache does not exist, and you may not make it in \(found.probe.path)",
                "name a directory of your own with `-o cache=DIR`")
        }
        guard found.missing.isEmpty else {
            return finding(.ok, "the cache does not exist yet; `larder mount` makes it", nil)
        }
        guard found.userID == facts.userID else {
            return finding(
                .problem,
                "the cache belongs to user \(found.userID), not to user \(facts.userID), who mounts",
                "name a directory of their own with `-o cache=DIR`")
        }
        let mode = "0" + String(found.mode, radix: 8)
        if found.mode & 0o022 != 0 {
            return finding(
                .problem, "others may write into the cache (mode \(mode)) and change what is read",
                "`chmod 700 \(cache.path)`; if you do not know who wrote there, remove it")
        }
        if found.mode & 0o077 != 0 {
            return finding(
                .warning, "others may look into the cache (mode \(mode))",
                "`chmod 700 \(cache.path)`")
        }
        guard !found.isSlow else {
            let after = StatusText.decimal(found.milliseconds)
            return finding(
                .note, "the cache is yours alone (mode \(mode)), and answered after \(after) ms",
                "its disk may be busy; if it is often so, \(elsewhere)")
        }
        return finding(.ok, "the cache is yours alone (mode \(mode))", nil)
    }

    /// Not on the share, nor in the view.
    private static func location(
        _ facts: ViewFacts, _ cache: ViewFacts.Place, _ found: DirectorySurvey
    ) -> Finding? {
        let problem = { (says: String) in
            Finding(.cacheLocation, .problem, cache.path, says, advice: elsewhere)
        }
        if let share = facts.share.answer.directory?.probe {
            if found.probe.lies(in: share) {
                return problem("the cache lies inside the share and would be as slow as it")
            }
            if share.identity.device == found.probe.identity.device {
                return facts.share.family.mayHang
                    ? problem("the cache lies on the same file system as the share")
                    : Finding(
                        .cacheLocation, .note, cache.path,
                        "the cache lies on the same file system as the share, and gains little over it"
                    )
            }
        }
        if cache.mount?.fileSystemType == MountConfiguration.fileSystemType {
            return problem("the cache lies inside a view of Larder")
        }
        return nil
    }

    private static func kind(_ cache: ViewFacts.Place) -> Finding? {
        let type = cache.mount?.fileSystemType ?? "unknown"
        switch cache.family {
        case .local: return nil
        case .memory:
            return Finding(
                .cacheFileSystem, .warning, cache.path,
                "the cache lies in memory (\(type)) and does not survive a restart",
                advice: elsewhere + ", or make `memory=` larger and give `disk=0`")
        case .network, .fuse:
            return Finding(
                .cacheFileSystem, .warning, cache.path,
                "the cache lies on \(type), which is as slow as what it serves, and hangs when it does",
                advice: elsewhere)
        }
    }

    private static func space(
        _ facts: ViewFacts, _ cache: ViewFacts.Place, _ found: DirectorySurvey
    ) -> Finding {
        var cached: Int64 = 0
        if case .answers(let report) = facts.daemon {
            cached = report.tiers.first { $0.name == "disk" }?.bytes ?? 0
        }
        let reserve = facts.freeSpaceMin
        let room = ByteCount(max(0, found.bytesAvailable - reserve.bytes + cached))
        let figures = [
            "availableBytes": Double(found.bytesAvailable), "cachedBytes": Double(cached),
            "limitBytes": Double(facts.diskLimit.bytes),
        ]
        let free = ByteCount(found.bytesAvailable)
        guard room < facts.diskLimit else {
            return Finding(
                .cacheSpace, .ok, cache.path,
                "\(free) are free for a disk tier of \(facts.diskLimit)", figures: figures)
        }
        let says =
            room.bytes < MountOption.diskMin.bytes
            ? "\(free) are free, of which \(reserve) stay so: there is no room for a disk tier"
            : "\(free) are free: the disk tier stays at \(room) instead of \(facts.diskLimit)"
        return Finding(
            .cacheSpace, .warning, cache.path, says,
            advice: "make room there, give a smaller `disk=`, or name another directory with"
                + " `-o cache=DIR`", figures: figures)
    }

    private static func holes(_ cache: ViewFacts.Place, _ found: DirectorySurvey) -> Finding? {
        let type = cache.mount?.fileSystemType ?? "its file system"
        switch found.holes {
        case nil: return nil
        case .given:
            return Finding(.cacheHoles, .ok, cache.path, "\(type) gives holes back (tried)")
        case .kept:
            return Finding(
                .cacheHoles, .note, cache.path,
                "\(type) took a hole, and the file takes as much room as before",
                advice: "watch that the cache keeps its limit: `du -s \(cache.path)`")
        case .refused(let error):
            let words = Errno(rawValue: error).message
            return Finding(
                .cacheHoles, .problem, cache.path,
                "\(type) cannot punch holes (\(words)): the disk tier could not give room back",
                advice: "choose a directory on ext4, xfs, btrfs or zfs with `-o cache=DIR`")
        case .untried(let error):
            let words = Errno(rawValue: error).message
            // Said already where it may not be written.
            guard found.mayWrite else { return nil }
            return Finding(
                .cacheHoles, .problem, cache.path, "no file can be made there: \(words)",
                advice: elsewhere)
        }
    }
}
