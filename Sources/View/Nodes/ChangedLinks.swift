/// Files that were changed through the view by one of their names while it does not know all of the others, by inode number.
///
/// What is known of such a number from before its change is out of date, under whatever name, and be its size and time as
/// they were. A number that another file has by now is asked for once in vain.
struct ChangedLinks: Sendable {
    /// With more, everything that is known from before counts as out of date.
    static let numbersMax = 32_768

    private var changedAt: [UInt64: Duration] = [:]
    /// Of numbers that were too many.
    private var allChangedAt: Duration?

    /// - Returns: false when all numbers are meant from here on.
    mutating func note(_ inode: UInt64, at time: Duration) -> Bool {
        if let known = changedAt[inode], known >= time { return true }
        if changedAt[inode] == nil, changedAt.count >= Self.numbersMax {
            changedAt.removeAll()
            noteAll(at: time)
            return false
        }
        changedAt[inode] = time
        return true
    }

    mutating func noteAll(at time: Duration) {
        allChangedAt = max(allChangedAt ?? time, time)
    }

    /// Whether the file was changed since the share has spoken of it.
    func isOvertaken(_ inode: UInt64, since: Duration) -> Bool {
        if let allChangedAt, since < allChangedAt { return true }
        guard !changedAt.isEmpty, let time = changedAt[inode] else { return false }
        return since < time
    }
}
