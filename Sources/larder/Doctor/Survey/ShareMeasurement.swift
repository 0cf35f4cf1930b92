/// How fast a share is, by reading files that are there. Nothing is written.
struct ShareMeasurement: Codable, Equatable, Sendable {
    /// Median time for 4 KiB; nil when nothing was found to read.
    var roundTripMilliseconds: Double?
    /// Of one reader; nil when no file is large enough.
    var singleBytesPerSecond: Double?
    /// Of as many readers at a time as ``lanes``.
    var bytesPerSecond: Double?
    var lanes = 0
    /// Read in all.
    var bytes: Int64 = 0
    /// Past the kernel's page cache. Where the file system refuses that, the figures may be the cache's.
    var isDirect = true
}
