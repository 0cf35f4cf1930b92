/// What one method did with one trace in the client model. All figures are bytes unless they say otherwise.
struct ClientCounts: Sendable, Equatable {
    /// What readers asked for, clipped to the files.
    var asked: Int64 = 0
    /// Of that, what was there.
    var hit: Int64 = 0
    /// Of that, what was neither there nor on its way.
    var missed: Int64 = 0
    /// Read of what was fetched ahead, in whole blocks, and of that, what was still on its way.
    var used: Int64 = 0
    var usedLate: Int64 = 0
    /// From the share, and for predictions.
    var fetched: Int64 = 0
    var issued: Int64 = 0
    /// Fetched ahead or on its way, and not read: the most that there was at once.
    var unreadMost: Int64 = 0
    /// Nanoseconds that readers waited.
    var stall: Int64 = 0
    /// Nanoseconds from the first event to the end of the last.
    var length: Int64 = 0
}
