/// A tier with room for everything, which keeps heads for so many seconds after they were last read or brought.
struct HouseholdTier: Sendable {
    private struct Head: Sendable {
        var bytes: Int64
        var at: Int64
    }

    let keptSeconds: Int64
    private var heads: [Int: Head] = [:]

    init(keptSeconds: Int64) {
        self.keptSeconds = keptSeconds
    }

    /// Bytes from the head of a file.
    func bytes(of file: Int, at now: Int64) -> Int64 {
        guard let head = heads[file], now - head.at <= keptSeconds else { return 0 }
        return head.bytes
    }

    mutating func keep(_ file: Int, bytes: Int64, at now: Int64) {
        heads[file] = Head(bytes: max(bytes, self.bytes(of: file, at: now)), at: now)
    }

    mutating func drop(_ file: Int) { heads[file] = nil }
}
