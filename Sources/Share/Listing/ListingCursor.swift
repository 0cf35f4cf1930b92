import Model
import Platform

/// Where a listing stands in its directory. Blocks: for share lanes; used by one at a time.
///
/// Each answer of `getdents64(2)` is followed by the attributes of the same names: network file systems bring both in
/// one answer (READDIRPLUS) and go on doing so only for callers that ask for the attributes.
struct ListingCursor: ~Copyable, Sendable {
    private let bounds: ListingBounds
    private let share: Share
    private let directory: FileAttributes
    private var reader: DirectoryReader
    /// What `getdents64` gave, and how far it is dealt with.
    private var answer: [DirectoryReader.Entry] = []
    private var position = 0
    /// All names so far. They share their bytes with the entries that were handed out.
    private var names: Set<Name> = []
    private var doubles = 0
    private var isBegun = false

    /// - Parameters:
    ///   - readable: the directory, opened for reading.
    init(
        _ share: Share, _ readable: consuming FileDescriptor, _ bounds: ListingBounds
    ) throws(Errno) {
        self.share = share
        self.bounds = bounds
        directory = try share.attributes(ofOpen: readable.rawValue)
        reader = DirectoryReader(readable)
    }

    /// The next entries.
    ///
    /// - Parameter clock: tells when the batch is long enough.
    /// - Throws: what the share says of the directory; `EOVERFLOW` and `ELOOP` as ``ListingBounds`` has it.
    mutating func next(_ clock: any LarderClock) throws(Errno) -> DirectoryBatch {
        let start = clock.monotonic
        var batch = DirectoryBatch(
            directory: directory, entries: [], isFirst: !isBegun, isLast: false, askedAt: start,
            hasGaps: false, refused: 0, unreadable: 0)
        isBegun = true
        var isDirectorySure = false
        while batch.entries.count < bounds.batchMax {
            if position == answer.count {
                guard try readOn() else {
                    batch.isLast = true
                    break
                }
            } else if let entry = takeEntry() {
                guard names.count <= bounds.namesMax else { throw .overflow }
                try add(entry, to: &batch, &isDirectorySure)
            }
            if clock.monotonic - start >= bounds.batchTime { break }
        }
        batch.hasGaps = reader.hasGaps
        batch.refused = reader.refused + doubles
        guard batch.refused <= max(bounds.refusedMax, names.count) else { throw .symlinkLoop }
        return batch
    }

    /// - Returns: false at the end of the directory.
    private mutating func readOn() throws(Errno) -> Bool {
        position = 0
        answer = []
        guard let next = try reader.next() else { return false }
        answer = next
        return true
    }

    /// nil for a name that came before: the first of them is the one that counts.
    private mutating func takeEntry() -> DirectoryReader.Entry? {
        let entry = answer[position]
        position += 1
        if names.insert(entry.name).inserted { return entry }
        doubles += 1
        return nil
    }

    private func add(
        _ entry: DirectoryReader.Entry, to batch: inout DirectoryBatch,
        _ isDirectorySure: inout Bool
    ) throws(Errno) {
        guard names.count <= bounds.attributesMax else {
            return addUnreadable(entry, to: &batch)
        }
        do throws(Errno) {
            guard let found = try share.listedAttributes(at: reader.rawValue, entry.name) else {
                return batch.entries.append(nameOnly(entry))
            }
            // What has no type cannot be shown; the lookup says so to whoever wants the file.
            guard found.kind != nil else { return addUnreadable(entry, to: &batch) }
            batch.entries.append(DirectoryBatch.Entry(name: entry.name, attributes: found))
        } catch {
            switch error {
            case .noSuchFile: return  // removed between the two calls
            case .notConnected, .timedOut, .hostDown, .connectionAborted: throw error
            default:
                // A share that answers of the directory has said something of this one entry.
                if !isDirectorySure { _ = try share.attributes(ofOpen: reader.rawValue) }
                isDirectorySure = true
                addUnreadable(entry, to: &batch)
            }
        }
    }

    private func addUnreadable(_ entry: DirectoryReader.Entry, to batch: inout DirectoryBatch) {
        batch.unreadable += 1
        batch.entries.append(nameOnly(entry))
    }

    private func nameOnly(_ entry: DirectoryReader.Entry) -> DirectoryBatch.Entry {
        // Of the same file system as the directory, for all that is known.
        let attributes = FileAttributes(
            inode: entry.inode ^ directory.device, mode: UInt32(entry.type) << 12)
        return DirectoryBatch.Entry(name: entry.name, attributes: attributes, isNameOnly: true)
    }
}
