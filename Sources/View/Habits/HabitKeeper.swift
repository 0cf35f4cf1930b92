import Foresight
import Habits
import History
import Model
import Platform
import Share
import Synchronization

/// What people do again and again with the share's files: told of each open, it has fetched what follows.
///
/// **Opens** are noted by the thread that answers them, in a bounded queue, and nothing else happens there. A thread of its own
/// brings them into the ``HabitModel``, asks it what is mostly opened next, and tells Foresight, which decides as it does of every
/// candidate. The model is learned anew from the history at each start, by the same thread, while the view serves.
///
/// **Rounds.** Every ``roundInterval`` the model is asked what its times of day say of the strategy's lookahead; ``Warmer`` has the heads
/// of that fetched into the tiers. In quiet hours there are none: the last one before looks as far as to their end, so that the share's disks may
/// sleep.
///
/// Files are known by a hash of their paths, which is the same in the next mount; what is excluded from the history is noted
/// nowhere.
///
/// Threads: any; only ``forget(_:)`` waits, for the history's disk.
final class HabitKeeper: Sendable {
    /// After a mount people come first.
    static let startDelay = Duration.seconds(5)
    static let roundInterval = Duration.seconds(300)
    /// Opens that wait for the thread; more are not noted.
    private static let queueMax = 4096
    /// Paths that are known by their hashes, as many as the model has files.
    private static let pathsMax = 200_000
    /// How long the first open waits for others, so that the thread wakes once for all of them.
    private static let gatherTime = Duration.milliseconds(20)
    /// Opens that were gathered so, or while the thread was at the ones before.
    private static let burstMin = 16
    /// Opens of one page while learning, between which others get at the model.
    static let pageMax = 500

    struct Open: Sendable {
        var path: RelativePath
        var type: ContentType
        var size: Int64
        var session: UInt64
        var at: Timestamp
    }

    private struct Queue: Sendable {
        var opens: [Open] = []
        var dropped = 0
        var mustLearn = true
        var roundDue = Duration.zero
        var isStopped = false
    }

    /// What the model, the names and the folders' orders are, which belong together.
    struct Knowledge: Sendable {
        var model: HabitModel
        var paths = RecentTable<UInt64, RelativePath>(capacity: pathsMax)
        var order = HabitOrder()
        var isLearned = false
    }

    let history: any HistoryStore
    let recorder: HistoryRecorder
    let prefetcher: Prefetcher
    let share: Share
    let namespace: Namespace
    let rules: ContentRules
    let warmer: Warmer
    /// nil: no forest is grown.
    let trainer: HabitTrainer?
    let clock: any LarderClock
    let log: Log
    let settings: Mutex<HabitSettings>
    let knowledge: Mutex<Knowledge>
    /// The last of the history before this mount, oldest first; empty once they were looked at.
    let lastOpens = Mutex<[HistoryEvent]>([])
    private let queue = ConditionMutex(Queue())
    private let recentOpens = Mutex(RecentOpens())

    init(
        _ settings: HabitSettings, history: any HistoryStore, recorder: HistoryRecorder,
        prefetcher: Prefetcher, share: Share, namespace: Namespace, rules: ContentRules,
        warmer: Warmer, trainer: HabitTrainer?, clock: any LarderClock, log: Log
    ) {
        self.settings = Mutex(settings)
        self.history = history
        self.recorder = recorder
        self.prefetcher = prefetcher
        self.share = share
        self.namespace = namespace
        self.rules = rules
        self.warmer = warmer
        self.trainer = trainer
        self.clock = clock
        self.log = log
        knowledge = Mutex(Knowledge(model: HabitModel(clock: Self.localClock)))
    }

    static var localClock: LocalClock {
        LocalClock { second in
            let local = Platform.LocalTime.fields(of: second)
            return Habits.LocalTime(day: local.day, second: local.second)
        }
    }

    func start() {
        let now = clock.monotonic
        queue.withLock { queue, _ in queue.roundDue = now + Self.startDelay }
        warmer.start()
        startThread(name: "larder-habits") { [self] in run() }
    }

    func stop() {
        queue.withLock { queue, condition in
            queue.isStopped = true
            condition.broadcast()
        }
        warmer.stop()
        trainer?.stop()
        // What is left is written behind the view's back.
        if !recorder.stop(patience: Self.stopPatience) {
            log(
                .warning,
                "what was done last is not in the history: its disk does not answer in time")
        }
    }

    private static let stopPatience = Duration.seconds(2)

    // MARK: - What happens

    /// Whether an open is more than one of the many of a program that works with a file.
    func isNews(_ id: NodeID, of reader: Reader) -> Bool {
        guard !Prefetcher.isWarming(reader) else { return false }
        let now = clock.monotonic
        return recentOpens.withLock { $0.note(id, reader, at: now) }
    }

    /// Somebody has opened a file. Costs two locks and an append to two queues.
    ///
    /// - Returns: false for what is excluded: nothing of it is to be told here.
    func opened(
        _ path: RelativePath, type: ContentType, size: Int64, by reader: Reader
    ) -> Bool {
        let now = clock.wall
        let program = Name(reader.program)
        let event = HistoryEvent(
            .open(fileSize: size), path: path, program: program, userID: reader.userID, time: now)
        guard recorder.note(event, handle: OpenHandle(reader.handle)) else { return false }
        let open = Open(
            path: path, type: type, size: size,
            session: Self.session(user: reader.userID, program: program), at: now)
        queue.withLock { queue, condition in
            guard queue.opens.count < Self.queueMax else {
                queue.dropped += 1
                return
            }
            queue.opens.append(open)
            if queue.opens.count == 1 { condition.broadcast() }
        }
        return true
    }

    /// - Parameters:
    ///   - range: bytes that were read.
    ///   - size: of the file.
    func read(_ path: RelativePath, _ range: Range<Int64>, size: Int64, by reader: Reader) {
        recorder.note(
            HistoryEvent(
                .read(range, fileSize: size), path: path, program: Name(reader.program),
                userID: reader.userID, time: clock.wall), handle: OpenHandle(reader.handle))
    }

    func closed(_ handle: UInt64) { recorder.closed(OpenHandle(handle)) }

    func listed(_ path: RelativePath, user: UInt32, program: String) {
        recorder.note(
            HistoryEvent(.list, path: path, program: Name(program), userID: user, time: clock.wall))
    }

    /// Blocks for the history's disk where more is excluded than was.
    func set(_ new: HabitSettings) {
        let old = settings.withLock { settings in
            defer { settings = new }
            return settings
        }
        guard new.exclusions != old.exclusions else { return }
        do throws(HistoryError) {
            try recorder.setExclusions(new.exclusions)
        } catch {
            log(.warning, "cannot forget what is excluded from the history yet: \(error)")
        }
        learnAnew()
    }

    /// Forgets what is selected here and in the history. Blocks for the history's disk.
    ///
    /// - Returns: files and folders that the history forgot.
    func forget(_ selection: HistorySelection) throws(HistoryError) -> Int {
        let count = try recorder.forget(selection)
        learnAnew()
        return count
    }

    /// The history is another one by now.
    func learnAnew() {
        trainer?.forget()
        knowledge.withLock { knowledge in
            knowledge = Knowledge(model: HabitModel(clock: Self.localClock))
        }
        queue.withLock { queue, condition in
            queue.opens = []
            queue.mustLearn = true
            condition.broadcast()
        }
    }

    // MARK: - The thread

    private enum Work {
        case learn
        case opens([Open])
        case round
    }

    private func run() {
        trainer?.load()
        while let work = nextWork() {
            switch work {
            case .learn: learn()
            case .opens(let opens):
                // Whoever goes through a folder faster than this is no person: Foresight follows him as a sweep.
                let isBurst = opens.count > Self.burstMin
                for open in opens { note(open, asksForMore: !isBurst) }
            case .round: round()
            }
        }
    }

    /// - Returns: nil once it is stopped.
    private func nextWork() -> Work? {
        while true {
            let now = clock.monotonic
            let (work, pause) = queue.withLock { queue, _ -> (Work?, Duration?) in
                if queue.isStopped { return (nil, nil) }
                if queue.mustLearn {
                    queue.mustLearn = false
                    return (.learn, nil)
                }
                if !queue.opens.isEmpty {
                    defer { queue.opens = [] }
                    return (.opens(queue.opens), nil)
                }
                if now >= queue.roundDue {
                    queue.roundDue = now + Self.roundInterval
                    return (.round, nil)
                }
                return (nil, queue.roundDue - now)
            }
            if let work { return work }
            guard let pause else { return nil }
            let isWoken = queue.wait(timeout: pause) { queue, _ in
                queue.isStopped || queue.mustLearn || !queue.opens.isEmpty ? true : nil
            }
            guard isWoken == true else { continue }
            _ = queue.wait(timeout: Self.gatherTime) { queue, _ in queue.isStopped ? true : nil }
        }
    }

    var mayGoOn: Bool { queue.withLock { queue, _ in !queue.isStopped && !queue.mustLearn } }

    // MARK: - Opens

    private func note(_ open: Open, asksForMore: Bool) {
        let file = Self.number(of: open.path)
        warmer.opened(file)
        let usual = asksForMore ? usualBytes(of: open.path) : nil
        let folder = open.path.habitFolder
        let now = clock.monotonic
        let isKnown = knowledge.withLock { knowledge -> Bool in
            knowledge.note(open, usualBytes: usual)
            return knowledge.order.knows(folder, at: now)
        }
        guard asksForMore else { return }
        let listed = isKnown ? nil : contents(of: folder, latest: open.path, knownNames)
        let candidates = knowledge.withLock { knowledge -> [HabitCandidate] in
            if let listed { knowledge.show(folder, listed, rules, at: now) }
            let order = knowledge.order
            return knowledge.model.related(to: file, at: open.at, order)
        }
        tell(candidates.filter { $0.probability >= RelatedProbability.threshold })
    }

    /// What a folder holds, as far as the view has its listing; nil where it has not.
    func knownNames(of folder: RelativePath) -> FolderNames? {
        // More than are used, for what has too many to be told from what is not known.
        namespace.nodes.names(in: folder, atMost: 8 * HabitOrder.filesMax).map { entries in
            var names = FolderNames()
            for entry in entries {
                names.add(
                    entry.name, isFile: entry.attributes.isRegular,
                    isFolder: entry.attributes.isDirectory, size: entry.attributes.size)
            }
            return names
        }
    }

    /// What a folder holds, and those of its parts in which it goes on; nil where `names` does not know the folder.
    func contents(
        of folder: RelativePath, latest: RelativePath?, _ names: (RelativePath) -> FolderNames?
    ) -> [HabitOrder.Contents]? {
        guard let own = names(folder) else { return nil }
        var found: [HabitOrder.Contents] = [(nil, own.files)]
        for part in own.parts(around: latest, in: folder) {
            guard let names = names(folder.appending(part)) else { continue }
            found.append((part, names.files))
        }
        return found
    }

    func usualBytes(of path: RelativePath) -> Int64? {
        // What cannot be asked is not known.
        guard let use = try? history.use(of: path), use.headBytes.count > 0 else { return nil }
        return Int64(use.headBytes.mean)
    }

    /// Foresight has those fetched that the view knows; what is known by its name only waits for its time.
    private func tell(_ candidates: [HabitCandidate]) {
        guard !candidates.isEmpty else { return }
        let (monotonic, wall) = (clock.monotonic, clock.wall)
        let expected = candidates.compactMap { candidate -> ExpectedFile? in
            guard let path = knowledge.withLock({ $0.paths.value(for: candidate.file) }),
                let id = namespace.nodes.node(at: path), let facts = prefetcher.facts(of: id)
            else { return nil }
            let seconds = (
                max(0, candidate.window.lowerBound - wall.seconds),
                max(0, candidate.window.upperBound - wall.seconds)
            )
            return ExpectedFile(
                file: facts, bytes: HeadBytes.expected(candidate.bytes, of: facts.contentType),
                probability: candidate.probability, reason: .correlated,
                because: candidate.detection.reason,
                window: monotonic + .seconds(seconds.0)...monotonic + .seconds(seconds.1))
        }
        prefetcher.expect(expected)
    }

    /// The number by which a file or folder is known here, the same in every mount.
    static func number(of path: RelativePath) -> UInt64 { XXH3.hash64(path.bytes) }
}

extension HabitKeeper.Knowledge {
    /// Folders whose habit is due and whose names are not known, the most probable first.
    mutating func unknownFolders(from: Int64, until: Int64, at now: Duration) -> [RelativePath] {
        model.foldersDue(from: from, until: until).compactMap { paths.value(for: $0) }
            .filter { !order.knows($0, at: now) }
    }

    mutating func show(
        _ folder: RelativePath, _ contents: [HabitOrder.Contents], _ rules: ContentRules,
        at now: Duration
    ) {
        order.show(folder, contents, rules, &paths, at: now)
    }

    /// What was opened last of a folder's files.
    mutating func latest(in folder: RelativePath) -> RelativePath? {
        model.latest(in: HabitKeeper.number(of: folder)).flatMap { paths.value(for: $0) }
    }

    mutating func note(_ open: HabitKeeper.Open, usualBytes: Int64?) {
        let file = HabitKeeper.number(of: open.path)
        _ = paths.insert(open.path, for: file)
        let folder = open.path.habitFolder
        let number = HabitKeeper.number(of: folder)
        _ = paths.insert(folder, for: number)
        let latest = latest(in: folder)
        model.note(
            HabitOpen(
                file: file, folder: number, type: open.type, size: open.size, at: open.at,
                session: open.session, usualBytes: usualBytes),
            goesOn: latest.flatMap { Self.goesOn($0, to: open.path) })
    }

    /// Whether somebody goes on in order from one file of a folder to another, by their names: listings of the past are not known. nil: the
    /// names have no numbers to tell.
    private static func goesOn(_ latest: RelativePath, to path: RelativePath) -> Bool? {
        guard latest != path, let one = latest.components.last, let other = path.components.last
        else { return nil }
        return FileNaming.isInOrder(other.description, after: one.description)
    }
}
