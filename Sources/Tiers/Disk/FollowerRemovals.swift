import Model
import Platform
import Synchronization

/// What a tier has removed, and the tier behind it may still have: told to nobody who waits, kept on the disk of the one that removes, and
/// not served by the other until it has gone there, too.
///
/// `FOLLOWER` in the share's cache directory: a sealed record of the pair's identity, which the follower's own directory has as well
/// (`LEADER`), and of what is to be removed. A session without the follower goes on writing it, so that one whose disk was not
/// there learns of what it missed. Where the identities differ, nothing in the follower is believed.
///
/// Threads: any; noting waits for the disk of the tier in front, and for no other.
final class FollowerRemovals: Sendable {
    /// Which disk of objects belongs to which index.
    struct Pair: Hashable, Sendable {
        var high: UInt64
        var low: UInt64

        static func random() -> Pair {
            Pair(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
        }
    }

    private struct Entry: Sendable {
        /// Changes with each time that it comes.
        var generation: UInt64
        /// Outlasts a power failure.
        var isWritten: Bool
    }

    private struct State: Sendable {
        /// nil: there has been no follower, and nothing is to be told.
        var pair: Pair?
        var entries: [Removal: Entry] = [:]
        /// Those of them that are of more than one file.
        var wide: [Removal] = []
        /// Of the paths.
        var bytes = 0
        var generation: UInt64 = 0
        var isWorking = false
        var isStopping = false
        var carryOut: CarryOut?

        mutating func insert(_ removal: Removal) {
            generation += 1
            if let known = entries[removal] {
                entries[removal] = Entry(generation: generation, isWritten: known.isWritten)
                return
            }
            entries[removal] = Entry(generation: generation, isWritten: false)
            bytes += Self.bytes(removal)
            if case .file = removal { return }
            wide.append(removal)
        }

        mutating func remove(_ removal: Removal) {
            guard entries.removeValue(forKey: removal) != nil else { return }
            bytes -= Self.bytes(removal)
            wide.removeAll { $0 == removal }
        }

        mutating func removeAll() {
            entries = [:]
            wide = []
            bytes = 0
        }

        private static func bytes(_ removal: Removal) -> Int {
            switch removal {
            case .file(let path), .folder(let path): path.bytes.count
            case .versions, .everything: 0
            }
        }
    }

    /// Removes these from the follower. - Returns: those of which nothing is left, also after a power failure.
    typealias CarryOut = @Sendable ([Removal]) -> Set<Removal>

    /// Beyond these, or so many bytes of their paths, all is removed.
    static let removalsMax = 4096
    private static let pathBytesMax = 1 << 20
    private static let bytesMax = 2 << 20
    private static let retryMin = Duration.milliseconds(100)
    private static let retryMax = Duration.seconds(5)
    /// How long the disk may take to write them down before who removes goes on.
    private static let writingPatience = Duration.seconds(2)

    private let root: DescriptorReference
    private let guarded: ConditionMutex<State>
    private let isEmpty: Atomic<Bool>
    /// One after the other, so that the last word is the last one written.
    private let writing = Mutex(())

    /// - Parameter distrust: what was left undone is not known: no follower is believed.
    init(_ root: DescriptorReference, distrust: Bool) {
        self.root = root
        var state = State()
        if !distrust, let (pair, removals) = Self.read(root) {
            state.pair = pair
            for removal in removals {
                state.insert(removal)
                state.entries[removal]?.isWritten = true
            }
        } else {
            // What cannot be read now may be read, and believed, by the next session.
            try? DiskMark.removeDurably(root, DiskMark.follower)
        }
        isEmpty = Atomic(state.entries.isEmpty)
        guarded = ConditionMutex(state)
    }

    var pair: Pair? { guarded.withLock { state, _ in state.pair } }

    // MARK: - Noting

    /// The tier in front has nothing of it any more: from now on the follower does not serve what it is of, also after a power failure, until
    /// it has removed that as well. Where that cannot be written down, no later session believes the follower. Nothing happens where there
    /// has been none.
    func note(_ removal: Removal) {
        let (isWritten, isFirst) = guarded.withLock { state, _ -> (Bool, Bool) in
            guard state.pair != nil else { return (true, false) }
            isEmpty.store(false, ordering: .releasing)
            if state.entries.count >= Self.removalsMax || state.bytes > Self.pathBytesMax {
                state.removeAll()
                state.insert(.everything)
            }
            let noted = state.entries[.everything] == nil ? removal : .everything
            state.insert(noted)
            let isWritten = state.entries[noted]?.isWritten == true
            guard state.carryOut != nil, !state.isStopping else { return (isWritten, false) }
            defer { state.isWorking = true }
            return (isWritten, !state.isWorking)
        }
        if !isWritten { write() }
        if isFirst { start() }
    }

    /// Whether something of this version is to be removed.
    func covers(_ identity: ObjectIdentity) -> Bool {
        guard !isEmpty.load(ordering: .acquiring) else { return false }
        let (isNamed, wide) = guarded.withLock { state, _ in
            (state.entries[.file(identity.path)] != nil, state.wide)
        }
        return isNamed
            || wide.contains { removal in
                switch removal {
                case .file(let path): identity.path == path
                case .folder(let path): identity.path.components.starts(with: path.components)
                case .versions(let size, let modified):
                    identity.fingerprint.size == size
                        && abs(identity.fingerprint.modified.seconds(since: modified))
                            <= Fingerprint.coarsestTimeStep
                case .everything: true
                }
            }
    }

    // MARK: - The follower

    /// Nothing is in the follower that could be wrong: it begins anew with this identity.
    func begin(_ pair: Pair) throws(Errno) {
        guarded.withLock { state, _ in
            state.pair = pair
            state.removeAll()
            isEmpty.store(true, ordering: .releasing)
        }
        try writing.withLock { _ -> Result<Void, Errno> in
            let (bytes, _) = encoded
            return Result { () throws(Errno) in
                try DiskMark.replace(root, DiskMark.follower, bytes)
            }
        }.get()
    }

    /// The follower is there. What is noted is carried out by a thread that waits for its disk.
    func attach(carryOut: @escaping CarryOut) {
        let isFirst = guarded.withLock { state, _ -> Bool in
            state.carryOut = carryOut
            guard !state.entries.isEmpty else { return false }
            defer { state.isWorking = true }
            return !state.isWorking
        }
        if isFirst { start() }
    }

    /// What is not carried out is left to the next session.
    func stop() {
        guarded.withLock { state, condition in
            state.isStopping = true
            state.carryOut = nil
            condition.broadcast()
        }
    }

    private func start() {
        startThread(name: "larder-follow") { [self] in run() }
    }

    private func run() {
        var pause = Self.retryMin
        while true {
            let todo = guarded.withLock { state, _ -> State? in
                guard !state.entries.isEmpty, !state.isStopping, state.carryOut != nil else {
                    state.isWorking = false
                    return nil
                }
                return state
            }
            guard let todo, let carryOut = todo.carryOut else { return }
            let done = carryOut(Array(todo.entries.keys))
            guarded.withLock { state, _ in
                // What came again meanwhile has to be done again.
                for removal in done
                where state.entries[removal]?.generation == todo.entries[removal]?.generation {
                    state.remove(removal)
                }
                if state.entries.isEmpty { isEmpty.store(true, ordering: .releasing) }
            }
            if !done.isEmpty { write() }
            if done.count == todo.entries.count {
                pause = Self.retryMin
            } else {
                _ = guarded.wait(timeout: pause) { state, _ in state.isStopping ? () : nil }
                pause = min(pause * 2, Self.retryMax)
            }
        }
    }

    // MARK: - On disk

    private static let seed = SealedRecord.seed(.follower, 0)

    /// Blocks for ``writingPatience`` at most; a disk that hangs has it written once it goes on.
    private func write() {
        _ = withDeadline(Self.writingPatience, thread: "larder-mark") { [self] in
            writing.withLock { _ in
                let (bytes, generation) = encoded
                do throws(Errno) {
                    try DiskMark.replace(root, DiskMark.follower, bytes)
                } catch {
                    // Better nothing is believed than too much.
                    try? DiskMark.removeDurably(root, DiskMark.follower)
                    return
                }
                guarded.withLock { state, _ in
                    for (removal, entry) in state.entries where entry.generation <= generation {
                        state.entries[removal]?.isWritten = true
                    }
                }
            }
        }
    }

    /// With the generation up to which it has everything.
    private var encoded: (bytes: [UInt8], generation: UInt64) {
        let state = guarded.withLock { state, _ in state }
        var writer = ByteWriter()
        writer.fixed(state.pair?.high ?? 0)
        writer.fixed(state.pair?.low ?? 0)
        for removal in state.entries.keys {
            switch removal {
            case .file(let path):
                writer.fixed(UInt8(0))
                writer.string(path.bytes)
            case .folder(let path):
                writer.fixed(UInt8(1))
                writer.string(path.bytes)
            case .versions(let size, let modified):
                writer.fixed(UInt8(2))
                writer.variable(signed: size)
                writer.variable(signed: modified.seconds)
                writer.variable(UInt64(modified.nanoseconds))
            case .everything: writer.fixed(UInt8(3))
            }
        }
        return (SealedRecord.seal(writer, seed: Self.seed), state.generation)
    }

    /// nil where there is none, and where it cannot be read.
    private static func read(
        _ root: DescriptorReference
    ) -> (pair: Pair, removals: Set<Removal>)? {
        guard let bytes = try? DiskMark.read(root, DiskMark.follower, bytesMax: bytesMax) else {
            return nil
        }
        return bytes.withUnsafeBytes { raw -> (pair: Pair, removals: Set<Removal>)? in
            guard var reader = SealedRecord.open(raw, seed: seed) else { return nil }
            let pair = Pair(high: reader.fixed(), low: reader.fixed())
            var removals: Set<Removal> = []
            while !reader.isComplete {
                let kind: UInt8 = reader.fixed()
                let removal: Removal
                switch kind {
                case 0: removal = .file(RelativePath(joined: reader.string()))
                case 1: removal = .folder(RelativePath(joined: reader.string()))
                case 2:
                    removal = .versions(
                        size: reader.variableSigned(),
                        modified: Timestamp(
                            seconds: reader.variableSigned(),
                            nanoseconds: reader.variable(as: UInt32.self)))
                case 3: removal = .everything
                default: return nil
                }
                guard !reader.failed else { return nil }
                removals.insert(removal)
            }
            return (pair, removals)
        }
    }

    // MARK: - Beside the objects

    /// nil where there is none, and where it cannot be read.
    static func readPair(_ objects: DescriptorReference) -> Pair? {
        guard let bytes = try? DiskMark.read(objects, DiskMark.leader, bytesMax: 64) else {
            return nil
        }
        return bytes.withUnsafeBytes { raw -> Pair? in
            guard var reader = SealedRecord.open(raw, seed: seed) else { return nil }
            let pair = Pair(high: reader.fixed(), low: reader.fixed())
            return reader.isComplete ? pair : nil
        }
    }

    static func write(_ pair: Pair, _ objects: DescriptorReference) throws(Errno) {
        var writer = ByteWriter()
        writer.fixed(pair.high)
        writer.fixed(pair.low)
        try DiskMark.write(
            objects, DiskMark.leader, SealedRecord.seal(writer, seed: seed))
    }
}
