public import Model

import CLinux
import Glibc

/// What a process does to itself that works behind everybody's back.
public enum BackgroundWork {
    /// Works only while nothing else wants the processor or the disk (nice 19, `SCHED_IDLE`, I/O class idle).
    ///
    /// - Throws: what of it the kernel has refused; the rest is in force.
    public static func runWhenIdle() throws(Errno) {
        let failure = larder_run_when_idle()
        guard failure == 0 else { throw Errno(rawValue: failure) }
    }

    /// Bounds the memory that the process can ask for from here on (`RLIMIT_DATA`): the heap and private mappings, but not
    /// libraries and files that are mapped. Whoever asks for more is refused, and ends if it cannot go on.
    public static func limitMemory(bytes: UInt64) throws(Errno) {
        var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
        var present = rlimit()
        _ = try systemCall { getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &present) }
        limit.rlim_cur = min(limit.rlim_cur, present.rlim_max)
        limit.rlim_max = limit.rlim_cur
        _ = try systemCall { setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) }
    }

    /// When memory runs out, the kernel ends this process before others of the machine, or of its control group.
    public static func goFirstWhenMemoryRunsOut() throws(Errno) {
        let file = try FileCalls.open("/proc/self/oom_score_adj", .writeOnly)
        try FileContents.write(file.rawValue, Array("1000".utf8))
    }

    /// Leaves no picture of the memory behind when the process ends badly: what it works on is private.
    public static func leaveNoCoreDump() throws(Errno) {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = try systemCall { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) }
    }
}
