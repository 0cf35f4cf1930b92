public import Metrics

import Platform

/// What the kernel asks for, by FUSE's own names.
public enum FuseOperation: Int, MetricLabel {
    case lookup, getattr, readlink, open, read, release, opendir, readdir, releasedir, statfs
    case setattr, mknod, mkdir, unlink, rmdir, symlink, rename, link, create, write
    case getxattr, listxattr, setxattr, removexattr
    case readdirplus, flush, fsync, fsyncdir, access, flock, fallocate, lseek, copyFileRange
    case getlk, setlk
}

/// How long the kernel's requests take, from their arrival to their answer. Threads: any, without a lock.
public struct FuseMetrics: Sendable {
    public enum Outcome: Int, MetricLabel {
        case ok, error
    }

    private let latencies: HistogramFamily<FuseOperation, Outcome>

    public init(_ registry: MetricRegistry) {
        latencies = HistogramFamily(
            registry, "larder_request_duration_seconds",
            "From the arrival of a request of the kernel's to its answer.", unit: .seconds,
            kind: "operation", outcome: "outcome")
    }

    /// Monotonic, nanoseconds.
    static var now: UInt64 { SystemClock.nanoseconds }

    func answered(_ operation: FuseOperation, _ outcome: Outcome, since arrival: UInt64) {
        latencies[operation, outcome].record(Self.now &- arrival)
    }
}
