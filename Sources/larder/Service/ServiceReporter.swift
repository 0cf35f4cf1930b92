import Model
import Platform
import Synchronization

/// Keeps a service manager informed of one mount: ready once the view is usable, its state in words when that changes,
/// proofs of life, the end. On a thread of its own, which never waits for the share.
final class ServiceReporter: Sendable {
    /// How soon a change of state is told, at most.
    static let lookInterval = Duration.seconds(1)
    /// How long the first answer of the view is waited for at a time; then it is asked again.
    static let firstAnswerTime = Duration.seconds(5)
    static let askingPause = Duration.milliseconds(100)

    private let manager: ServiceManager
    private let clock: any LarderClock
    private let state: @Sendable () -> String
    private let lifeSigns: [LifeSign]
    private let stopping = ConditionMutex(false)

    /// - Parameters:
    ///   - state: how it stands, in one line that everybody may read.
    ///   - lifeSigns: the first is the view's.
    init(
        _ manager: ServiceManager, clock: any LarderClock = SystemClock(),
        state: @escaping @Sendable () -> String, lifeSigns: [LifeSign]
    ) {
        self.manager = manager
        self.clock = clock
        self.state = state
        self.lifeSigns = lifeSigns
    }

    func start() {
        startThread(name: "service") { [self] in
            while lifeSigns.first?.answers(within: Self.firstAnswerTime) == false {
                if wait(Self.askingPause) { return }
            }
            var said = state()
            manager.tell(.ready, .status(said))
            var watchdog = manager.watchdogInterval.map(Watchdog.init(interval:))
            let pause = min(Self.lookInterval, watchdog?.period ?? Self.lookInterval)
            while !wait(pause) {
                let now = state()
                if now != said { manager.tell(.status(now)) }
                said = now
                prove(&watchdog)
            }
        }
    }

    private func prove(_ watchdog: inout Watchdog?) {
        let now = clock.monotonic
        guard watchdog?.isDue(at: now) == true else { return }
        let lastAnswers = lifeSigns.map(\.lastAnswer)
        if watchdog?.beginRound(at: now, lastAnswers: lastAnswers) == true {
            manager.tell(.watchdog)
        }
        for sign in lifeSigns { sign.ask() }
    }

    /// - Returns: true when it is time to stop.
    private func wait(_ time: Duration) -> Bool {
        stopping.wait(timeout: time) { stopping, _ in stopping ? true : nil } ?? false
    }

    /// Around reading the configuration anew.
    func reload(_ body: () -> Void) {
        manager.tell(.reloading(since: clock.monotonic))
        body()
        manager.tell(.ready)
    }

    /// The daemon ends; from here on nothing is told. Once, whoever calls first.
    func stop() {
        let isFirst = stopping.withLock { stopping, condition in
            defer { stopping = true }
            condition.broadcast()
            return !stopping
        }
        if isFirst { manager.tell(.stopping, .status("ending")) }
    }
}
