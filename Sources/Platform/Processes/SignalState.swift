/// What `/proc` tells of another process's signals (proc(5)).
public enum SignalState {
    /// Whether `SIGKILL` is pending for a thread. The kernel turns every signal that ends a process without a
    /// core dump into one for each of its threads.
    ///
    /// - Returns: true also for a thread that is gone.
    public static func isBeingKilled(thread: Int32) -> Bool {
        guard let status = try? FileContents.read("/proc/\(thread)/status", bytesMax: 16 << 10)
        else { return true }
        let text = String(decoding: status, as: UTF8.self)
        let killBit: UInt64 = 1 << 8
        for line in text.split(separator: "\n")
        where line.hasPrefix("SigPnd:") || line.hasPrefix("ShdPnd:") {
            let mask = line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
            if let mask, mask & killBit != 0 { return true }
        }
        return false
    }
}
