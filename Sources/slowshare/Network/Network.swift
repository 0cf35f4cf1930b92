import Fuse
import Model
import Platform
import Synchronization

/// What lies between a client and the share: makes every operation wait, fail or hang as it was told to.
///
/// An operation is carried out on the thread that brings it, and its answer is kept back until it would have
/// arrived over the ``Link``. While the share hangs, operations are kept before they are carried out, and take no
/// thread.
final class Network: Sendable {
    /// What an operation came to: bytes that travelled, and how to tell the client.
    struct Answer: Sendable {
        var bytes = 0
        var send: @Sendable () -> Void

        init(bytes: Int = 0, _ send: @escaping @Sendable () -> Void) {
            self.bytes = bytes
            self.send = send
        }
    }

    private struct Held: Sendable {
        var request: FuseRequest
        var run: @Sendable () -> Void
    }

    private struct State: Sendable {
        var link: Link
        var faults = Faults()
        var lie = ListingLie.none
        var statistics = Statistics()
        var held: [Held] = []
    }

    let clock: any LarderClock
    private let state: Mutex<State>
    private let delayed: DelayQueue
    /// Carries out what was held, once the share is back.
    private let pool = WorkerPool(name: "resumed", threads: 8, queueMax: 1 << 20)

    init(link: Link, clock: any LarderClock = SystemClock()) {
        self.clock = clock
        state = Mutex(State(link: link))
        delayed = DelayQueue(clock: clock)
    }

    /// Carries out one operation of a client, and answers it in time.
    ///
    /// - Parameter work: does it, and says what to answer; called once or never, now or later. Failing is
    ///   an answer.
    func serve(
        _ kind: OperationKind, _ request: FuseRequest,
        costsRoundTrip: Bool = true, _ work: @escaping @Sendable () throws(Errno) -> Answer
    ) {
        state.withLock { $0.statistics.began(kind) }
        let sent = clock.monotonic
        admit(kind, request, sent: sent, costsRoundTrip: costsRoundTrip, work)
    }

    /// Counts operations that nobody waits for.
    func count(_ kind: OperationKind, times: Int = 1) {
        state.withLock { $0.statistics.count(kind, times: times) }
    }

    /// Runs `job` after `delay`, without a thread waiting meanwhile.
    func after(_ delay: Duration, _ job: @escaping @Sendable () -> Void) {
        delayed.submit(due: clock.monotonic + delay, job)
    }

    /// Drops what waits, so that it is answered with `EIO`.
    func stop() {
        delayed.stop()
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        // Freed here, outside of the lock: a dropped request answers itself.
        _ = held
    }

    private func admit(
        _ kind: OperationKind, _ request: FuseRequest, sent: Duration, costsRoundTrip: Bool,
        _ work: @escaping @Sendable () throws(Errno) -> Answer
    ) {
        let verdict = state.withLock { state in
            let verdict = state.faults.verdict(on: kind)
            if verdict == .hold {
                let again = Held(request: request) { [self] in
                    admit(
                        kind, request, sent: clock.monotonic, costsRoundTrip: costsRoundTrip, work)
                }
                state.held.append(again)
            }
            return verdict
        }
        let answer: Answer
        switch verdict {
        case .hold:
            // Whoever waits on a dead share can at least be killed.
            request.onInterrupt { [weak self, weak request] in
                guard let request, self?.giveUp(request) == true else { return }
                request.reply(error: .interrupted)
            }
            return
        case .failAtOnce(let error):
            finish(Answer { request.reply(error: error) })
            return
        case .fail(let error):
            answer = Answer { request.reply(error: error) }
        case .failLate(let error):
            // Whatever came of it.
            _ = try? work()
            answer = Answer { request.reply(error: error) }
        case .proceed:
            do throws(Errno) {
                answer = try work()
            } catch {
                answer = Answer { request.reply(error: error) }
            }
        }
        deliver(answer, to: kind, sent: sent, costsRoundTrip: costsRoundTrip)
    }

    /// - Returns: false when the request is not held (any more).
    private func giveUp(_ request: FuseRequest) -> Bool {
        state.withLock { state in
            guard let index = state.held.firstIndex(where: { $0.request === request }) else {
                return false
            }
            state.held.remove(at: index)
            state.statistics.ended()
            return true
        }
    }

    private func deliver(
        _ answer: Answer, to kind: OperationKind, sent: Duration, costsRoundTrip: Bool
    ) {
        guard kind.costsRoundTrip, costsRoundTrip else {
            finish(answer)
            return
        }
        let due = state.withLock { state in
            state.statistics.paidRoundTrip()
            state.statistics.transferred(answer.bytes, by: kind)
            return state.link.answer(to: answer.bytes, sent: sent)
        }
        guard due > clock.monotonic else {
            finish(answer)
            return
        }
        delayed.submit(due: due) { [self] in finish(answer) }
    }

    private func finish(_ answer: Answer) {
        // First, so that a client that has its answer does not find itself in flight.
        state.withLock { $0.statistics.ended() }
        answer.send()
    }
}

/// What the control socket may do.
extension Network {
    func setReach(_ reach: Faults.Reach) {
        let resumed = state.withLock { state -> [Held] in
            state.faults.reach = reach
            guard reach != .hanging else { return [] }
            defer { state.held = [] }
            return state.held
        }
        for held in resumed {
            if pool.submit(held.run) == nil { held.run() }
        }
    }

    func add(_ rule: Faults.Rule) -> Bool { state.withLock { $0.faults.add(rule) } }
    /// What is said of folders.
    var lie: ListingLie { state.withLock { $0.lie } }
    func setLie(_ lie: ListingLie) { state.withLock { $0.lie = lie } }
    func clearRules() { state.withLock { $0.faults.clearRules() } }
    func resetStatistics() { state.withLock { $0.statistics.reset() } }
    func setRoundTrip(_ roundTrip: Duration) { state.withLock { $0.link.roundTrip = roundTrip } }

    /// - Parameter bandwidth: bytes per second; nil is without bound.
    func setBandwidth(_ bandwidth: Double?) {
        let now = clock.monotonic
        state.withLock { $0.link.setBandwidth(bandwidth, now: now) }
    }

    /// Everything that can be known of it now.
    var report: NetworkReport {
        state.withLock {
            NetworkReport(
                link: $0.link, faults: $0.faults, statistics: $0.statistics, held: $0.held.count)
        }
    }
}
