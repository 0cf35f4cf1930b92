import Control
import Model
import Platform
import Tiers

/// A view to look at, mounted or to be mounted.
struct DoctorTarget: Equatable, Sendable {
    /// Absolute.
    var share: String
    var view: String
    /// nil: where the user's cache usually is.
    var cache: String?
    var diskLimit: ByteCount
    var freeSpaceMin = DiskTier.freeSpaceMinUsual
    var isReadOnly = false
    var allowOther = false
}

/// Gathers facts of views. Whatever hangs costs no more than ``answerTime`` and the surveyor's deadline, once for all
/// views together: daemons and directories are asked at the same time.
struct ViewFactsGatherer: Sendable {
    /// For the daemons of all views, which ask nobody else for their answer.
    static let answerTime = Duration.seconds(2)

    var table: MountTable
    var host = MountHost.current()
    var surveyor = Surveyor()
    var client = ControlClient(answerTime: answerTime)

    func gather(_ targets: [DoctorTarget]) -> [ViewFacts] {
        let daemons = concurrently(targets, thread: "ask") { daemon(of: $0) }
        var facts = zip(targets, daemons).map { start($0, $1) }
        let places = facts.map { [$0.share, $0.view] + ($0.cache.map { [$0] } ?? []) }
        let surveys = facts.flatMap { facts in
            [
                Survey(.look, facts.share.path),
                // What is mounted is not listed: that would be work for its daemon, and for the share behind it.
                Survey(facts.view.isMountPoint ? .answer : .look, facts.view.path),
            ] + (facts.cache.map { [Survey(.holes, $0.path)] } ?? [])
        }
        var answers = surveyor.ask(surveys)[...]
        for index in facts.indices {
            let mine = answers.prefix(places[index].count)
            answers = answers.dropFirst(mine.count)
            let found = zip(places[index], mine).map { fill($0, $1) }
            facts[index].share = found[0]
            facts[index].view = found[1]
            if found.count > 2 { facts[index].cache = found[2] }
            facts[index].sshfsArguments = SSHFSProcess.arguments(serving: found[0].mount)
        }
        return facts
    }

    private func daemon(of target: DoctorTarget) -> ViewFacts.Daemon {
        let path = Array(target.view.utf8)
        guard let mount = table.entry(at: path),
            mount.fileSystemType == MountConfiguration.fileSystemType
        else { return .none }
        do {
            switch try client.ask(.status, view: path, owner: mount.fuseOwner ?? 0) {
            case .status(let report): return .answers(report)
            case .failed(let reason): return .silent(reason)
            default: return .silent("it answered another question")
            }
        } catch ControlError.notOwner(let owner) {
            return .others(owner)
        } catch {
            return .silent(error.description)
        }
    }

    /// What is known before the directories are looked at.
    private func start(_ target: DoctorTarget, _ daemon: ViewFacts.Daemon) -> ViewFacts {
        let mount = table.entry(at: Array(target.view.utf8))
        let isView = mount?.fileSystemType == MountConfiguration.fileSystemType
        var facts = ViewFacts(
            userID: isView ? mount?.fuseOwner ?? host.userID : host.userID,
            share: place(target.share), view: place(target.view), daemon: daemon,
            diskLimit: target.diskLimit, freeSpaceMin: target.freeSpaceMin,
            isReadOnly: target.isReadOnly,
            allowOther: target.allowOther)
        var cache = target.cache
        if case .answers(let report) = daemon {
            cache = report.options.cacheDirectory
            facts.diskLimit = ByteCount(report.options.diskBytes)
            report.options.freeBytes.map { facts.freeSpaceMin = ByteCount($0) }
            facts.allowOther = report.options.allowOther
        } else if !isView, cache == nil {
            cache = host.defaultCacheDirectory
        }
        if isView, let mount {
            facts.isReadOnly = mount.options.contains("ro") || mount.superOptions.contains("ro")
        }
        // Of a view that is mounted, only its daemon can tell where its cache is.
        if facts.diskLimit.bytes > 0, let cache { facts.cache = place(cache) }
        return facts
    }

    private func place(_ path: String) -> ViewFacts.Place {
        ViewFacts.Place(
            path: path, answer: .found(nil),
            isMountPoint: table.entry(at: Array(path.utf8)) != nil)
    }

    private func fill(_ place: ViewFacts.Place, _ answer: SurveyAnswer) -> ViewFacts.Place {
        var place = place
        place.answer = answer
        if let found = answer.directory {
            // What is missing of a cache lies below what was looked at.
            let below = found.missing.map { "/" + $0 }.joined()
            place.path = (found.probe.path == "/" && !below.isEmpty ? "" : found.probe.path) + below
        }
        let bytes = Array(place.path.utf8)
        place.mount = table.entry(containing: bytes)
        place.isMountPoint = table.entry(at: bytes) != nil
        place.readaheadKibibytes = place.mount.flatMap {
            MachineFacts.number(KernelReadahead.file(device: $0.device))
        }
        return place
    }
}
