import Model
import Platform

/// What is to be fetched and by whom: files in the order in which they were found, each read by as many readers as there are, from its
/// start to its end. What is under way is bounded. A pure value; ``WarmReaders`` has it under its lock.
struct WarmQueue {
    /// A file that was found.
    struct Entry: Equatable, Sendable {
        /// Absolute, in the view.
        var path: [UInt8]
        var size: Int64
        /// What the cache has of it already.
        var cached: Int64 = 0
    }

    struct Failure: Equatable, Sendable {
        var path: [UInt8]
        var reason: String
    }

    enum Task: Equatable {
        case open(Entry)
        /// Of the file with this number.
        case read(Int, Range<Int64>)
        /// Something has to end first, or to be found.
        case wait
        case end
    }

    struct Figures: Equatable {
        /// Files that were found, and their bytes.
        var found = 0
        var foundBytes: Int64 = 0
        /// Of these, what was in the cache already: whole files and their bytes; bytes of others.
        var cachedFiles = 0
        var cachedBytes: Int64 = 0
        var cachedInParts: Int64 = 0
        /// Read to their end.
        var files = 0
        var bytes: Int64 = 0
        var failed = 0
        /// Everything was found.
        var isComplete = false

        /// Of what was read, what came from the share.
        var fetchedBytes: Int64 { max(0, bytes - cachedInParts) }
    }

    private struct OpenFile {
        var entry: Entry
        var next: Int64 = 0
        var pending = 0
    }

    /// As much at once as is worth reading ahead: whoever comes meanwhile waits for half of it on average.
    static let pieceMax: Int64 = 512 << 10
    /// Under way at once: what keeps a gigabit of 16 ms full.
    static let bytesMax: Int64 = 2 << 20
    static let filesMax = 8
    /// Files that were found and wait.
    static let waitingMax = 1024
    /// Of those that failed, so many are named.
    static let failuresMax = 20

    private(set) var figures = Figures()
    private(set) var failures: [Failure] = []
    /// What is read now, for the person.
    private(set) var current: [UInt8] = []
    private var waiting: [Entry] = []
    private var head = 0
    private var open: [Int: OpenFile] = [:]
    private var opening = 0
    private var nextNumber = 0
    private var underWay: Int64 = 0
    private(set) var isStopping = false

    var isFull: Bool { waiting.count - head >= Self.waitingMax }

    // MARK: - What is found

    mutating func add(_ entry: Entry) {
        figures.found += 1
        figures.foundBytes += entry.size
        guard entry.cached < entry.size else {
            figures.cachedFiles += 1
            figures.cachedBytes += entry.size
            return
        }
        figures.cachedInParts += entry.cached
        waiting.append(entry)
    }

    mutating func fail(_ path: [UInt8], _ reason: String) {
        figures.failed += 1
        if failures.count < Self.failuresMax {
            failures.append(Failure(path: path, reason: reason))
        }
    }

    mutating func noteComplete() { figures.isComplete = true }

    mutating func stop() { isStopping = true }

    /// Nothing is left to be done, or nobody is to do it.
    var hasEnded: Bool {
        isStopping || figures.isComplete && head == waiting.count && open.isEmpty && opening == 0
    }

    // MARK: - What is read

    mutating func next() -> Task {
        if hasEnded { return .end }
        // The file that was begun first goes first: a disk that reads in order is fastest.
        let begun = open.filter { $0.value.next < $0.value.entry.size }.min { $0.key < $1.key }
        if let (number, file) = begun {
            let range = file.next..<min(file.next + Self.pieceMax, file.entry.size)
            guard underWay == 0 || underWay + Int64(range.count) <= Self.bytesMax else {
                return .wait
            }
            underWay += Int64(range.count)
            open[number]?.next = range.upperBound
            open[number]?.pending += 1
            return .read(number, range)
        }
        guard head < waiting.count, open.count + opening < Self.filesMax else { return .wait }
        let entry = waiting[head]
        head += 1
        if head >= Self.waitingMax {
            waiting.removeFirst(head)
            head = 0
        }
        opening += 1
        current = entry.path
        return .open(entry)
    }

    /// - Parameter size: as it is now that it is open.
    /// - Returns: its number.
    mutating func opened(_ entry: Entry, size: Int64) -> Int {
        opening -= 1
        nextNumber += 1
        var file = OpenFile(entry: entry)
        figures.foundBytes += size - entry.size
        file.entry.size = size
        open[nextNumber] = file
        if size == 0 { close(nextNumber) }
        return nextNumber
    }

    mutating func failedToOpen(_ entry: Entry, _ reason: String) {
        opening -= 1
        fail(entry.path, reason)
    }

    /// - Parameters:
    ///   - count: bytes that came; fewer than asked for where the file ends sooner by now.
    ///   - reason: why nothing came; nil: it did.
    /// - Returns: whether the file is done with.
    mutating func read(
        _ number: Int, _ range: Range<Int64>, count: Int, failure reason: String?
    ) -> Bool {
        underWay -= Int64(range.count)
        guard let file = open[number] else { return true }
        open[number]?.pending -= 1
        figures.bytes += Int64(count)
        if let reason {
            // Said once for each file.
            if file.next <= file.entry.size { fail(file.entry.path, reason) }
            open[number]?.next = .max
        } else if count < range.count, file.next != .max {
            let end = min(file.entry.size, range.lowerBound + Int64(count))
            figures.foundBytes -= file.entry.size - end
            open[number]?.entry.size = end
        }
        return close(number)
    }

    @discardableResult
    private mutating func close(_ number: Int) -> Bool {
        guard let file = open[number], file.pending == 0, file.next >= file.entry.size else {
            return false
        }
        open[number] = nil
        if file.next != .max { figures.files += 1 }
        return true
    }
}
