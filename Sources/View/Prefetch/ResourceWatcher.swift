import Foresight
import Platform

/// Tells Foresight every second what the link gives, and every ten how busy the machine is and what time it is.
final class ResourceWatcher: Sendable {
    static let linkPeriod = Duration.seconds(1)
    /// The governor looks every 10 s: `/proc/pressure` has averages over as long.
    static let loadPeriods = 10

    private struct State: Sendable {
        var isStopping = false
    }

    private let guarded = ConditionMutex(State())

    /// - Parameters:
    ///   - link: called each period.
    ///   - load: called each ``loadPeriods`` periods, with what was found.
    init(
        link: @escaping @Sendable () -> Void, load: @escaping @Sendable (Pressure) -> Void
    ) {
        startThread(name: "resources") { [guarded] in
            var period = 0
            while true {
                let isStopping = guarded.wait(timeout: Self.linkPeriod) { state, _ in
                    state.isStopping ? true : nil
                }
                if isStopping == true { return }
                link()
                period += 1
                if period % Self.loadPeriods == 0 { load(Self.pressure()) }
            }
        }
    }

    func stop() {
        guarded.withLock { state, condition in
            state.isStopping = true
            condition.broadcast()
        }
    }

    private static func pressure() -> Pressure {
        Pressure(
            memory: MachineLoad.memoryInUse(), processor: MachineLoad.stall("cpu"),
            disk: MachineLoad.stall("io"), minuteOfDay: LocalTime.minuteOfDay())
    }
}
