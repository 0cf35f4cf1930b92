import Model
import Platform

/// ``FileUse`` as columns of the table `uses`, in the order of the schema.
enum UseColumns {
    static let names = """
        u.opens, u.first_open, u.last_open, u.interval_count, u.interval_mean, u.interval_squares,
        u.bytes_read, u.furthest_byte, u.head_count, u.head_mean, u.head_squares, u.whole_sessions,
        u.part_sessions, u.parts, u.session_head, u.session_parts, u.session_reads, u.size
        """
    static let count: Int32 = 18
    static let insertion =
        "INSERT OR REPLACE INTO uses VALUES(?1"
        + (2...(count + 1)).map { ", ?\($0)" }.joined() + ")"

    /// - Parameter statement: ``insertion``; the caller binds the path's row as the first parameter.
    static func bind(_ use: FileUse, to statement: SQLiteStatement) throws(SQLiteError) {
        let session = use.session
        try statement.bind(2, Int64(use.opens))
        try statement.bind(3, use.firstOpen.map { EventKey.milliseconds($0) } ?? -1)
        try statement.bind(4, use.lastOpen.map { EventKey.milliseconds($0) } ?? -1)
        try statement.bind(5, Int64(use.intervals.count))
        try statement.bind(6, real: use.intervals.mean)
        try statement.bind(7, real: use.intervals.squares)
        try statement.bind(8, use.bytesRead)
        try statement.bind(9, use.furthestByte)
        try statement.bind(10, Int64(use.headBytes.count))
        try statement.bind(11, real: use.headBytes.mean)
        try statement.bind(12, real: use.headBytes.squares)
        try statement.bind(13, Int64(use.wholeSessions))
        try statement.bind(14, Int64(use.parts.sessions))
        try statement.bind(15, use.parts.counters)
        try statement.bind(16, session.headEnd)
        try statement.bind(17, Int64(session.parts))
        try statement.bind(18, session.hasReads ? 1 : 0)
        try statement.bind(19, use.lastSize ?? -1)
    }

    /// - Parameter first: column in which ``names`` begin.
    /// - Throws: ``SQLiteError/meansDamage`` for figures that were never stored.
    static func use(
        of path: RelativePath, _ statement: SQLiteStatement, from first: Int32
    ) throws(SQLiteError) -> FileUse {
        func whole(_ column: Int32) -> Int64 { statement.integer(first + column) }
        func statistics(_ column: Int32) throws(SQLiteError) -> RunningStatistics {
            let (count, mean) = (whole(column), statement.real(first + column + 1))
            let squares = statement.real(first + column + 2)
            guard count >= 0, mean.isFinite, mean >= 0, squares.isFinite, squares >= 0 else {
                throw SQLiteError(damage: "statistics that cannot be")
            }
            return RunningStatistics(count: Int(count), mean: mean, squares: squares)
        }
        var use = FileUse(path: path)
        use.opens = Int(whole(0))
        use.firstOpen = whole(1) < 0 ? nil : EventKey.time(milliseconds: whole(1))
        use.lastOpen = whole(2) < 0 ? nil : EventKey.time(milliseconds: whole(2))
        use.intervals = try statistics(3)
        use.bytesRead = whole(6)
        use.furthestByte = whole(7)
        use.headBytes = try statistics(8)
        use.wholeSessions = Int(whole(11))
        let parts = ReadParts(
            sessions: Int(whole(12)), counters: statement.bytes(first + 13))
        guard let parts, use.opens >= 0, use.bytesRead >= 0, use.furthestByte >= 0,
            (0...use.headBytes.count).contains(use.wholeSessions), whole(14) >= 0
        else { throw SQLiteError(damage: "statistics that cannot be") }
        use.parts = parts
        use.session.headEnd = whole(14)
        use.session.parts = UInt16(truncatingIfNeeded: whole(15))
        use.session.hasReads = whole(16) != 0
        use.lastSize = whole(17) < 0 ? nil : whole(17)
        return use
    }
}
