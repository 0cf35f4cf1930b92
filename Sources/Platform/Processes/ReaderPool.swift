public import Model

import Glibc

/// Reads that may hang, done by processes that may be killed: see ``ReaderProcess``.
///
/// Made as they are needed, at most ``processesMax``, and ended when they have had nothing to do for a while. Whoever finds
/// none reads by himself, which gives the same bytes: where processes cannot be made, or when all of them hang. One thread
/// makes and reaps them; they end with it, and so with this process, whatever ends it. Threads: any.
public final class ReaderPool: Sendable {
    fileprivate struct State {
        var idle: [ReaderProcess] = []
        /// With their orders' beginnings (monotonic).
        var busy: [Int32: (reader: ReaderProcess, since: Duration)] = [:]
        /// Killed, or found dead: to be reaped.
        var ending: [ReaderProcess] = []
        var wanted = 0
        /// Nothing is made before that (monotonic).
        var refusedUntil: Duration?
        var hasComplained = false
        /// When one was used last, or made.
        var lastUse = Duration.zero
        var isStopping = false

        var count: Int { idle.count + busy.count + ending.count + wanted }
    }

    /// Of which some may hang for good.
    public static let processesMax = 128
    /// After which processes that do nothing are ended.
    public static let idleTime = Duration.seconds(10)
    /// After one could not be made.
    private static let refusalTime = Duration.seconds(10)
    /// A process that is killed from outside is no reason to fail.
    private static let attemptsMax = 3

    private let guarded = ConditionMutex(State())
    private let clock: any LarderClock
    private let processesMax: Int

    /// - Parameter complain: called once with the reason when a process cannot be made, on a thread of the pool's own.
    public init(
        clock: any LarderClock, processesMax: Int = ReaderPool.processesMax,
        idleTime: Duration = ReaderPool.idleTime, complain: @escaping @Sendable (Errno) -> Void
    ) {
        self.clock = clock
        self.processesMax = processesMax
        startThread(name: "share-readers") { [guarded] in
            Self.keep(guarded, clock, idleTime, complain)
        }
    }

    deinit {
        stop(within: .zero)
    }

    /// Ends the processes that have nothing to do, and waits for their end; the others end with their reads, or this process.
    public func stop(within limit: Duration) {
        guarded.withLock { state, condition in
            state.isStopping = true
            condition.broadcast()
        }
        _ = guarded.wait(timeout: limit) { state, _ in
            state.idle.isEmpty && state.ending.isEmpty ? () : nil
        }
    }

    /// Processes that are there, with those that are ending.
    public var processIDs: [Int32] {
        guarded.withLock { state, _ in
            (state.idle + state.busy.values.map(\.reader) + state.ending).map(\.pid)
        }
    }

    /// As ``FileCalls/read(_:into:at:enough:)``. The descriptor may be closed when it has returned.
    ///
    /// - Throws: `EINTR` where the read was given up, see ``giveUp(since:within:)``.
    public func read(
        _ descriptor: Int32, into buffers: [UnsafeMutableRawBufferPointer], at offset: Int64,
        enough: Int? = nil
    ) throws(Errno) -> Int {
        let wanted = buffers.reduce(0) { $0 + $1.count }
        let enough = enough ?? wanted
        var done = 0
        var attempts = 0
        while done < enough {
            attempts += 1
            guard attempts <= Self.attemptsMax, let reader = take() else {
                return try done
                    + FileCalls.read(
                        descriptor, into: Self.rest(of: buffers, behind: done),
                        at: offset + Int64(done), enough: enough - done)
            }
            let isOrdered = reader.order(
                descriptor, at: offset + Int64(done), count: wanted - done)
            switch isOrdered ? reader.wait() : .died {
            case .read(let count):
                Self.copy(reader.bytes[..<count], into: buffers, behind: done)
                giveBack(reader)
                if count == 0 { return done }
                done += count
                attempts = 0
            case .failed(let error):
                giveBack(reader)
                if error != .interrupted { throw error }
            case .givenUp: throw .interrupted
            case .died:
                // Its end may be told before the reason for it.
                guard bury(reader) else { throw .interrupted }
            }
        }
        return done
    }

    /// Ends all reads that began at `since` or before, and the processes that do them.
    ///
    /// - Parameters:
    ///   - since: monotonic.
    ///   - limit: how long to wait for the end of the processes.
    /// - Returns: how many.
    @discardableResult
    public func giveUp(since: Duration, within limit: Duration) -> Int {
        let count = guarded.withLock { state, condition -> Int in
            let late = state.busy.values.filter { $0.since <= since && $0.reader.giveUp() }
            for (reader, _) in late {
                state.busy[reader.pid] = nil
                state.ending.append(reader)
            }
            condition.broadcast()
            return late.count
        }
        if count > 0 {
            _ = guarded.wait(timeout: limit) { state, _ in state.ending.isEmpty ? () : nil }
        }
        return count
    }

    // MARK: - Taking and giving back

    /// nil where the caller has to read by himself.
    private func take() -> ReaderProcess? {
        while true {
            let now = clock.monotonic
            let mayWait = guarded.withLock { state, condition -> Bool in
                guard state.idle.isEmpty else { return true }
                if let until = state.refusedUntil, now < until { return false }
                guard state.count < processesMax, !state.isStopping else { return false }
                state.wanted += 1
                condition.broadcast()
                return true
            }
            guard mayWait else { return nil }
            let reader = guarded.wait { state, _ -> ReaderProcess?? in
                if let reader = state.idle.popLast() {
                    state.busy[reader.pid] = (reader, now)
                    return reader
                }
                // Another one took it, or it could not be made.
                return state.wanted == 0 ? .some(nil) : nil
            }
            if let reader { return reader }
        }
    }

    private func giveBack(_ reader: ReaderProcess) {
        let now = clock.monotonic
        guarded.withLock { state, _ in
            state.busy[reader.pid] = nil
            state.idle.append(reader)
            state.lastUse = now
        }
    }

    /// - Returns: false where it was given up.
    private func bury(_ reader: ReaderProcess) -> Bool {
        guarded.withLock { state, condition in
            guard state.busy.removeValue(forKey: reader.pid) != nil else { return false }
            state.ending.append(reader)
            condition.broadcast()
            return true
        }
    }

    // MARK: - Bytes

    private static func rest(
        of buffers: [UnsafeMutableRawBufferPointer], behind done: Int
    ) -> [UnsafeMutableRawBufferPointer] {
        var skip = done
        return buffers.compactMap { buffer in
            let skipped = min(skip, buffer.count)
            skip -= skipped
            return skipped == buffer.count ? nil : .init(rebasing: buffer[skipped...])
        }
    }

    private static func copy(
        _ bytes: Slice<UnsafeRawBufferPointer>, into buffers: [UnsafeMutableRawBufferPointer],
        behind done: Int
    ) {
        var left = UnsafeRawBufferPointer(rebasing: bytes)
        for buffer in rest(of: buffers, behind: done) where !left.isEmpty {
            let count = min(buffer.count, left.count)
            buffer.copyMemory(from: .init(rebasing: left[..<count]))
            left = .init(rebasing: left[count...])
        }
    }

    // MARK: - The thread that keeps them

    /// One that hangs in the kernel though it is killed may do so for long: pauses between two looks grow up to this.
    private static let reapPauseMax = Duration.seconds(1)

    private static func keep(
        _ guarded: ConditionMutex<State>, _ clock: any LarderClock, _ idleTime: Duration,
        _ complain: @Sendable (Errno) -> Void
    ) {
        var reapPause = Duration.milliseconds(1)
        while true {
            let (wanted, ending) = guarded.withLock { state, _ in
                state.endIdle(at: clock.monotonic, idleTime)
                return (state.wanted, state.ending)
            }
            for _ in 0..<wanted { make(guarded, clock, complain) }
            let reaped = ending.filter { $0.reap() }
            reapPause = reaped.isEmpty ? min(reapPause * 2, reapPauseMax) : .milliseconds(1)
            let (left, isOver, pause) = guarded.withLock { state, condition in
                state.ending.removeAll { reader in reaped.contains { $0 === reader } }
                if !reaped.isEmpty { condition.broadcast() }
                let isUnused = state.idle.isEmpty && state.busy.isEmpty
                return (
                    state.ending.count, state.isStopping && state.count == 0,
                    !state.ending.isEmpty ? reapPause : isUnused ? .seconds(3600) : idleTime
                )
            }
            if isOver { return }
            _ = guarded.wait(timeout: pause) { state, _ -> Void? in
                let isAsked =
                    state.wanted > 0 || state.ending.count > left
                    || state.isStopping && (!state.idle.isEmpty || state.count == 0)
                return isAsked ? () : nil
            }
        }
    }

    private static func make(
        _ guarded: ConditionMutex<State>, _ clock: any LarderClock,
        _ complain: @Sendable (Errno) -> Void
    ) {
        let made = Result { () throws(Errno) in try ReaderProcess() }
        let now = clock.monotonic
        let complaint = guarded.withLock { state, condition -> Errno? in
            defer { condition.broadcast() }
            state.wanted -= 1
            switch made {
            case .success(let reader):
                state.idle.append(reader)
                state.lastUse = now
                return nil
            case .failure(let error):
                state.refusedUntil = now + refusalTime
                defer { state.hasComplained = true }
                return state.hasComplained ? nil : error
            }
        }
        if let complaint { complain(complaint) }
    }
}

extension ReaderPool.State {
    fileprivate mutating func endIdle(at now: Duration, _ idleTime: Duration) {
        guard isStopping || now - lastUse >= idleTime else { return }
        for reader in idle { reader.kill() }
        ending += idle
        idle = []
    }
}
