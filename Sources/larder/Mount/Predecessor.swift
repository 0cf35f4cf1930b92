import Model
import Platform

/// The daemon of a view that was unmounted a moment ago.
///
/// `fusermount3 -u` and mostly umount(8) do not wait for it, and it may have something to write yet: `umount VIEW; mount
/// VIEW` shall work all the same.
enum Predecessor {
    /// As long as it may reasonably take; one that lives on for those who have files open is not waited for longer.
    static let endingTime = Duration.seconds(10)
    private static let pollInterval = Duration.milliseconds(20)

    /// Calls `body` until it does not fail because of a predecessor that is ending.
    ///
    /// - Parameter holder: from an error to the view of the daemon that is in the way; nil when that is none.
    static func outlasting<Value, Failure: Error>(
        clock: any LarderClock, holder: (Failure) -> String?,
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let end = clock.monotonic + endingTime
        while true {
            do throws(Failure) {
                return try body()
            } catch {
                guard let view = holder(error), !isMounted(view), clock.monotonic < end else {
                    throw error
                }
                Pause.wait(pollInterval)
            }
        }
    }

    private static func isMounted(_ view: String) -> Bool {
        guard let table = try? MountTable.current() else { return true }
        return table.entry(at: Array(view.utf8))?.fileSystemType
            == MountConfiguration.fileSystemType
    }
}
