import Model

/// Which folder of the share is looked at next, and when all of them again. Pure: told the time, and what came of each look.
///
/// A *round* goes through the tree depth first, with several looks at a time. A folder that has been looked at waits as a ``Frame`` until the folders
/// inside it have been. Bounded: by ``Settings/looksMax`` times ``depthMax`` frames, of which each has ``namesMax`` names that wait; the next names
/// of a folder with more are asked for in their order, behind the last one (``Step/readOn(_:)``).
///
/// A view that nobody uses leaves its share alone, so that its disks can sleep: another round begins when somebody has looked at something since the
/// last one began. What people do goes first: while the share is asked for anything else nothing is begun for ``pauseMax``, and then one folder per second.
struct CatalogueWalk: Sendable {
    struct Settings: Sendable, Hashable {
        /// nil: nothing is looked at.
        var reach: Reach?
        /// Folders begun per second, at most; 0: as fast as they come.
        var rate = 0
        /// Looks at a time.
        var looksMax = 8
        /// From the end of one round to the next.
        var interval = Duration.seconds(900)
        /// With more nodes in the table, what nobody has asked for is left to the index; so many take 27 MB.
        var knownMax = 50_000
    }

    enum Reach: Sendable, Hashable {
        case everything
        /// Given up where the share turns out to have more names.
        case names(Int)
    }

    /// How the share and the index are at this moment.
    struct Surroundings: Sendable {
        /// The share answers, and the index takes what it says.
        var isReady = true
        /// The index has all that it may have.
        var isFull = false
        /// When the share was asked for something that is not upkeep (monotonic).
        var lastUse: Duration?
        /// How often somebody has looked at something in the view.
        var looks: UInt64 = 0
    }

    /// A folder to be looked at.
    struct Look: Sendable, Hashable {
        let number: UInt64
        /// Of the folder that it lies in; nil for the root.
        let frame: Int?
        let parent: NodeID?
        let name: Name
        /// Counts from 0 how often it was looked at in vain.
        let attempt: Int
    }

    /// Folders inside a folder, in the order of their names.
    struct Batch: Sendable, Hashable {
        var names: [Name] = []
        /// There are no more behind them.
        var isLast = true
    }

    struct Contents: Sendable {
        var node: NodeID
        var identity: FolderIdentity
        /// Of any kind.
        var names: Int
        var folders: Batch
        /// The share was asked for all names, since the folder had changed or was not known.
        var isNew: Bool
    }

    enum Outcome: Sendable {
        case known(Contents)
        /// It may not be read, or leads back to one above it.
        case skipped
        case gone
        /// Looked at again, a few times.
        case failed
        /// Of the share: looked at again whenever that is back.
        case away
    }

    struct ReadOn: Sendable, Hashable {
        var frame: Int
        var node: NodeID
        var after: Name
    }

    enum Step: Sendable, Hashable {
        case look(Look)
        case readOn(ReadOn)
        /// All in and below it has been looked at.
        case leave(NodeID)
        /// Nothing is to be done before (monotonic), unless something comes of what is under way.
        case wait(until: Duration)
    }

    /// A folder whose insides are being looked at.
    private struct Frame: Sendable {
        var node: NodeID
        var identity: FolderIdentity
        var parent: Int?
        var depth: Int
        /// Last one first, with the looks in vain so far.
        var waiting: [(name: Name, attempt: Int)]
        var last: Name?
        var isLast: Bool
        var isReadingOn = false
        /// Looks and frames of folders directly in it.
        var inside = 0

        var hasMore: Bool { !waiting.isEmpty || (!isLast && !isReadingOn) }
        var isDone: Bool { waiting.isEmpty && isLast && !isReadingOn && inside == 0 }
    }

    /// Folders below each other; deeper ones are left out.
    static let depthMax = 512
    /// Folders of one folder that wait.
    static let namesMax = 1024
    static let attemptsMax = 3
    /// After the share was last asked by somebody.
    static let quiet = Duration.seconds(2)
    /// A share that is used without end is known in the end.
    static let pauseMax = Duration.seconds(60)
    static let pausedPace = Duration.seconds(1)
    /// Until it is seen again whether anybody uses the view.
    static let idlePause = Duration.seconds(60)
    /// After a look in vain.
    static let retryPause = Duration.seconds(1)
    /// Until it is seen again whether a share that was away is back.
    static let awayPause = Duration.seconds(5)

    private(set) var settings = Settings()
    private(set) var progress = CatalogueProgress()
    private var frames: [Int: Frame] = [:]
    /// Frames that have more to look at, the last one first.
    private var stack: [Int] = []
    private var looks: [UInt64: Look] = [:]
    /// What lies inside others first.
    private var leaving: [NodeID] = []
    private var nextFrame = 0
    private var nextLook: UInt64 = 0
    /// Nil while a round is under way, and where there is none to come.
    private var roundDue: Duration?
    private var isRootDue = false
    private var rootAttempt = 0
    private var roundBegan = Duration.zero
    /// ``Surroundings/looks`` then; nil before the first round.
    private var looksThen: UInt64?
    /// No look before.
    private var paceDue = Duration.zero
    private var pausedSince: Duration?

    private var isUnderWay: Bool { isRootDue || !looks.isEmpty || !frames.isEmpty }

    // MARK: - Settings

    /// - Parameter delay: before the first round, or the first after it was switched on.
    mutating func set(_ settings: Settings, after delay: Duration, at now: Duration) {
        let before = self.settings
        self.settings = settings
        guard before.reach != settings.reach else { return }
        if settings.reach == nil {
            giveUp(.off)
        } else if !isUnderWay {
            roundDue = now + delay
            looksThen = nil
            progress.state = .waiting
        }
    }

    /// Nothing more comes of the round, nor of another one.
    private mutating func giveUp(_ state: CatalogueProgress.State) {
        leaving += frames.values.map(\.node)
        frames = [:]
        stack = []
        looks = [:]
        isRootDue = false
        roundDue = nil
        progress.state = state
        progress.nextRound = nil
    }

    // MARK: - What is next

    /// What is to be done now; nil: nothing before something comes of what is under way.
    mutating func next(at now: Duration, _ surroundings: Surroundings) -> Step? {
        if !leaving.isEmpty { return .leave(leaving.removeFirst()) }
        guard settings.reach != nil else { return nil }
        endIfOver(at: now)
        if let roundDue {
            if now < roundDue { return .wait(until: roundDue) }
            if surroundings.looks == looksThen { return .wait(until: now + Self.idlePause) }
            looksThen = surroundings.looks
            begin(at: now)
        }
        guard isUnderWay else { return nil }
        if surroundings.isFull {
            giveUp(.indexFull)
            return next(at: now, surroundings)
        }
        guard surroundings.isReady else {
            progress.state = .away
            return .wait(until: now + Self.awayPause)
        }
        if let end = pause(at: now, surroundings.lastUse) { return .wait(until: end) }
        guard looks.count < (pausedSince == nil ? settings.looksMax : 1) else { return nil }
        if now < paceDue { return .wait(until: paceDue) }
        guard let step = take() else { return nil }
        progress.state = pausedSince == nil ? .walking : .paused
        if case .look = step { keepPace(at: now) }
        return step
    }

    private mutating func begin(at now: Duration) {
        roundDue = nil
        isRootDue = true
        rootAttempt = 0
        roundBegan = now
        progress.begin()
    }

    /// - Returns: until when nothing is begun, since the share is in use.
    private mutating func pause(at now: Duration, _ lastUse: Duration?) -> Duration? {
        guard let lastUse, now - lastUse < Self.quiet else {
            pausedSince = nil
            return nil
        }
        let since = pausedSince ?? now
        pausedSince = since
        guard now - since < Self.pauseMax else { return nil }
        progress.state = .paused
        return min(lastUse + Self.quiet, since + Self.pauseMax)
    }

    private mutating func keepPace(at now: Duration) {
        if settings.rate > 0 { paceDue = now + .seconds(1) / settings.rate }
        if pausedSince != nil { paceDue = max(paceDue, now + Self.pausedPace) }
    }

    private mutating func take() -> Step? {
        if isRootDue {
            isRootDue = false
            return .look(look(in: nil, nil, Name(""), rootAttempt))
        }
        while let number = stack.last, var frame = frames[number] {
            if let (name, attempt) = frame.waiting.popLast() {
                frame.inside += 1
                frames[number] = frame
                return .look(look(in: number, frame.node, name, attempt))
            }
            guard !frame.isLast, !frame.isReadingOn, let after = frame.last else {
                stack.removeLast()
                continue
            }
            frames[number]?.isReadingOn = true
            return .readOn(ReadOn(frame: number, node: frame.node, after: after))
        }
        return nil
    }

    private mutating func look(
        in frame: Int?, _ parent: NodeID?, _ name: Name, _ attempt: Int
    ) -> Look {
        nextLook += 1
        let look = Look(
            number: nextLook, frame: frame, parent: parent, name: name, attempt: attempt)
        looks[nextLook] = look
        return look
    }

    // MARK: - What came of it

    /// Whether a folder is one of those above it, as a mount of a folder inside itself makes it.
    func isLoop(_ look: Look, _ identity: FolderIdentity) -> Bool {
        // What has no number cannot be told.
        guard identity.inode != 0 else { return false }
        var above = look.frame
        while let number = above, let frame = frames[number] {
            if frame.identity == identity { return true }
            above = frame.parent
        }
        return false
    }

    mutating func ended(_ look: Look, _ outcome: Outcome, at now: Duration) {
        guard looks.removeValue(forKey: look.number) != nil else {
            // Of a round that was given up.
            if case .known(let contents) = outcome { leaving.append(contents.node) }
            return
        }
        var isFollowed = false
        switch outcome {
        case .known(let contents): isFollowed = known(contents, look)
        case .skipped: progress.skipped += 1
        case .gone: break
        case .away: again(look, look.attempt, at: now)
        case .failed:
            if look.attempt + 1 < Self.attemptsMax {
                again(look, look.attempt + 1, at: now)
            } else {
                progress.skipped += 1
            }
        }
        // Else its frame has taken the look's place.
        if !isFollowed, let frame = look.frame {
            frames[frame]?.inside -= 1
            close(frame)
        }
        if case .names(let most) = settings.reach, progress.names > most { giveUp(.tooLarge) }
    }

    /// - Returns: whether the folders inside it are to be looked at.
    private mutating func known(_ contents: Contents, _ look: Look) -> Bool {
        progress.folders += 1
        progress.names += contents.names
        if contents.isNew { progress.listed += 1 }
        let depth = look.frame.flatMap { frames[$0]?.depth }.map { $0 + 1 } ?? 0
        let (names, isDeep) = (contents.folders.names, depth >= Self.depthMax)
        guard !names.isEmpty, !isDeep else {
            if isDeep { progress.skipped += names.count }
            leaving.append(contents.node)
            return false
        }
        nextFrame += 1
        frames[nextFrame] = Frame(
            node: contents.node, identity: contents.identity, parent: look.frame, depth: depth,
            waiting: names.reversed().map { ($0, 0) }, last: names.last,
            isLast: contents.folders.isLast)
        stack.append(nextFrame)
        return true
    }

    private mutating func again(_ look: Look, _ attempt: Int, at now: Duration) {
        paceDue = max(paceDue, now + Self.retryPause)
        guard let frame = look.frame else {
            isRootDue = true
            rootAttempt = attempt
            return
        }
        frames[frame]?.waiting.append((look.name, attempt))
        if !stack.contains(frame) { stack.append(frame) }
    }

    /// More folders of a folder are known; nil: not any more.
    mutating func ended(_ readOn: ReadOn, _ batch: Batch?) {
        guard frames[readOn.frame] != nil else { return }
        let names = batch?.names ?? []
        frames[readOn.frame]?.isReadingOn = false
        frames[readOn.frame]?.waiting = names.reversed().map { ($0, 0) }
        frames[readOn.frame]?.last = names.last ?? readOn.after
        frames[readOn.frame]?.isLast = batch?.isLast != false || names.isEmpty
        if !names.isEmpty, !stack.contains(readOn.frame) { stack.append(readOn.frame) }
        close(readOn.frame)
    }

    /// Leaves a folder, and those above it, where nothing is left to be looked at.
    private mutating func close(_ number: Int) {
        var at: Int? = number
        while let number = at, let frame = frames[number], frame.isDone {
            frames[number] = nil
            stack.removeAll { $0 == number }
            leaving.append(frame.node)
            at = frame.parent
            if let parent = frame.parent { frames[parent]?.inside -= 1 }
        }
    }

    private mutating func endIfOver(at now: Duration) {
        guard settings.reach != nil, !isUnderWay, roundDue == nil, progress.state.isOfRound else {
            return
        }
        progress.end(at: now, took: now - roundBegan, next: now + settings.interval)
        roundDue = now + settings.interval
    }
}
