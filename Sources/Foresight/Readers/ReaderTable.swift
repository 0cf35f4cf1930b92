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
        var process: Int32
        var files = 0
        var bytesRead: Int64 = 0
        var bytesSeen: Int64 = 0
        var stamp: UInt64 = 0
    }

    private let scanners: Set<String>
    /// By process; what is read of often is changed in place, which a dictionary's own values cannot be without an
    /// allocation each time.
    private var places: [Int32: Int] = [:]
    private var entries: [Entry] = []
    private var stamp: UInt64 = 0

    init(scanners: Set<String>) {
        self.scanners = scanners
    }

    mutating func opened(_ reader: Reader, size: Int64) {
        stamp += 1
        let place = place(of: reader.processID)
        entries[place].files += 1
        entries[place].bytesSeen = min(1 << 60, entries[place].bytesSeen + size)
        entries[place].stamp = stamp
    }

    private mutating func place(of process: Int32) -> Int {
        if let known = places[process] { return known }
        if entries.count >= Self.readersMax { forgetOldest() }
        places[process] = entries.count
        entries.append(Entry(process: process))
        return entries.count - 1
    }

    mutating func read(_ reader: Reader, bytes: Int) {
        guard let place = places[reader.processID] else { return }
        entries[place].bytesRead += Int64(bytes)
    }

    func isScanner(_ reader: Reader) -> Bool {
        if scanners.contains(reader.program) { return true }
        guard let place = places[reader.processID], entries[place].files >= Self.filesMin else {
            return false
        }
        return Double(entries[place].bytesRead) < Self.shareMax * Double(entries[place].bytesSeen)
    }

    private mutating func forgetOldest() {
        let stamps = entries.map(\.stamp).sorted()
        let limit = stamps[stamps.count / 4]
        entries.removeAll { $0.stamp <= limit }
        places = Dictionary(
            uniqueKeysWithValues: entries.enumerated().map { ($1.process, $0) })
    }
}
