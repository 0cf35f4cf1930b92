import Model
import Synchronization

/// The counters of a disk tier, behind one lock that is held for an addition.
final class DiskCounters: Sendable {
    struct Figures: Sendable {
        var loads = 0
        var stored = 0
        var storedBytes: Int64 = 0
        var dropped = 0
        var damaged = 0
        var history: [DiskTierStatistics.History]
    }

    private let figures: Mutex<Figures>

    /// - Parameter history: by the content type's raw value, as ``TierRecord`` has it.
    init(history: [DiskTierStatistics.History]) {
        figures = Mutex(Figures(history: history))
    }

    var snapshot: Figures { figures.withLock { $0 } }

    func update(_ body: (inout Figures) -> Void) {
        figures.withLock { body(&$0) }
    }
}
