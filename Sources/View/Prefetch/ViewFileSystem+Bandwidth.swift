import Foresight
public import Model
import Platform
import Synchronization

extension ViewFileSystem {
    /// Bounds what is fetched ahead per second, by the time of day; never what somebody waits for.
    public func limitPrefetch(by schedule: BandwidthSchedule) {
        let minute = LocalTime.minuteOfDay()
        prefetcher.foresight.withLock { $0.setBandwidth(schedule, minuteOfDay: minute) }
    }
}
