/// Who reads, and whether it is somebody who goes through everything.
///
/// Known by name, or by what it does: many files, little of each. Such a reader gets no long windows, and what it reads
/// does not push out what people use.
struct ReaderTable: Sendable {
    static let readersMax = 256
    /// Files that a reader must have opened before it is judged by what it does.
    static let filesMin = 48
    /// Of the bytes in its files, the share that a scanner reads at most.
    static let shareMax = 0.1

    private struct Entry: Sendable {
        var files = 0
        var bytesRead: Int64 = 0
        var bytesSeen: Int64 = 0
        var stamp: UInt64 = 0
    }

    private let scanners: Set<String>
    private var entries: [Int32: Entry] = [:]
    private var stamp: UInt64 = 0

    init(scanners: Set<String>) {
        self.scanners = scanners
    }

    mutating func opened(_ reader: Reader, size: Int64) {
        stamp += 1
        if entries[reader.processID] == nil, entries.count >= Self.readersMax { forgetOldest() }
        entries[reader.processID, default: Entry()].files += 1
        entries[reader.processID]?.bytesSeen += size
        entries[reader.processID]?.stamp = stamp
    }

    mutating func read(_ reader: Reader, bytes: Int) {
        entries[reader.processID]?.bytesRead += Int64(bytes)
    }

    func isScanner(_ reader: Reader) -> Bool {
        if scanners.contains(reader.program) { return true }
        guard let entry = entries[reader.processID], entry.files >= Self.filesMin else {
            return false
        }
        return Double(entry.bytesRead) < Self.shareMax * Double(entry.bytesSeen)
    }

    private mutating func forgetOldest() {
        let stamps = entries.values.map(\.stamp).sorted()
        let limit = stamps[stamps.count / 4]
        entries = entries.filter { $0.value.stamp > limit }
    }
}
