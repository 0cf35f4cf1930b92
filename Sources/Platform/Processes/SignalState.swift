import Glibc

/// What `/proc` tells of another process's signals (proc(5)).
public enum SignalState {
    /// Whether `SIGKILL` is pending for a thread. The kernel turns every signal that ends a process without a
    /// core dump into one for each of its threads.
    ///
    /// - Returns: true also for a thread that is gone.
    public static func isBeingKilled(thread: Int32) -> Bool {
        has(SIGKILL, in: ["SigPnd:", "ShdPnd:"], of: thread) ?? true
    }

    /// Whether a process has a handler for a signal, which would not end it.
    public static func isCaught(_ signal: Int32, by process: Int32) -> Bool {
        has(signal, in: ["SigCgt:"], of: process) ?? false
    }

    /// - Returns: nil for a thread that is gone.
    private static func has(_ signal: Int32, in sets: [String], of thread: Int32) -> Bool? {
        guard let status = try? FileContents.read("/proc/\(thread)/status", bytesMax: 16 << 10)
        else { return nil }
        let text = String(decoding: status, as: UTF8.self)
        let bit: UInt64 = 1 << UInt64(signal - 1)
        return text.split(separator: "\n").contains { line in
            guard sets.contains(where: { line.hasPrefix($0) }) else { return false }
            let mask = line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
            return mask.map { $0 & bit != 0 } ?? false
        }
    }
}
