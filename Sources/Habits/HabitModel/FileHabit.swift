import Model

/// What is known of the opens of one file: about 100 bytes, and 4 for each of its occasions.
struct FileHabit: Sendable {
    var folder: UInt64
    var type: ContentType
    /// Bytes.
    var size: Int64
    /// Bytes that are usually read of it; less than 0: not known.
    var usualBytes: Int64 = -1
    var last: Timestamp
    var count: UInt32 = 0
    var intervals = IntervalStatistics()
    var occasions = Occasions()

    init(_ open: HabitOpen) {
        folder = open.folder
        type = open.type
        size = open.size
        last = open.at
    }

    /// - Returns: whether a new occasion began.
    mutating func note(_ open: HabitOpen, _ local: LocalTime) -> Bool {
        if count > 0 {
            let interval = open.at.seconds(since: last)
            // A clock that went back gives no interval.
            if interval > 0 { intervals.note(interval) }
        }
        count = min(count, .max - 1) + 1
        (folder, type, size, last) = (open.folder, open.type, open.size, open.at)
        if let bytes = open.usualBytes { usualBytes = bytes }
        return occasions.note(local)
    }
}
