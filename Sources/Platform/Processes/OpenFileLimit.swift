import Glibc

/// How many descriptors this process may have (`RLIMIT_NOFILE`).
public enum OpenFileLimit {
    /// What the soft limit can be raised to.
    public static var hard: UInt64 {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return UInt64(limit.rlim_max)
    }

    /// What is in force: the soft limit.
    public static var current: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the soft limit. The usual 1,024 exists for programs that use `select(2)`; ours keep descriptors of
    /// folders, files and cache objects.
    ///
    /// - Parameter wanted: beyond the hard limit, which only root may pass; without it, or where that is refused,
    ///   the hard limit is taken.
    public static func raise(to wanted: UInt64 = 0) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        let goal = max(limit.rlim_max, rlim_t(wanted))
        var raised = rlimit(rlim_cur: goal, rlim_max: goal)
        guard setrlimit(resource, &raised) != 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }
}
