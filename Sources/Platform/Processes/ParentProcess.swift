public import Model

import CLinux
import Glibc

/// The process that started this one.
public enum ParentProcess {
    public static var processID: Int32 { getppid() }

    /// Blocks until the thread that started this process has ended; at once if it has already.
    ///
    /// Fires also where the process as a whole cannot end, since another of its threads is stuck in the kernel:
    /// then neither its descriptors are closed nor does a pidfd become readable. All signals that can be
    /// blocked are blocked from here on: this process ends with its parent or by `SIGKILL`.
    ///
    /// - Parameter pid: of the parent that is meant.
    public static func waitForEnd(of pid: Int32) throws(Errno) {
        let signal = SIGUSR1
        var set = sigset_t()
        sigfillset(&set)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        _ = try systemCall { larder_signal_on_parent_death(signal) }
        sigemptyset(&set)
        sigaddset(&set, signal)
        // The signal may be anybody's: the parent's own state is what counts.
        while isAlive(pid) {
            var taken: Int32 = 0
            sigwait(&set, &taken)
            // Sent a moment before the state changes.
            for _ in 0..<100 where isAlive(pid) { Pause.wait(.milliseconds(10)) }
        }
    }

    /// Has the kernel kill this process when the thread that started it ends.
    ///
    /// - Parameter pid: of the parent that is meant.
    /// - Returns: false where that one has ended already.
    public static func endWithIt(_ pid: Int32) throws(Errno) -> Bool {
        _ = try systemCall { larder_signal_on_parent_death(SIGKILL) }
        // Who went before the call is told of by the number of whoever has taken us over.
        return getppid() == pid
    }

    private static func isAlive(_ pid: Int32) -> Bool {
        guard getppid() == pid,
            let stat = try? FileContents.read("/proc/\(pid)/stat", bytesMax: 4096),
            // The state follows the program's name, which may hold anything, brackets too.
            let bracket = stat.lastIndex(of: UInt8(ascii: ")")), bracket + 2 < stat.count
        else { return false }
        return ![UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(stat[bracket + 2])
    }
}
