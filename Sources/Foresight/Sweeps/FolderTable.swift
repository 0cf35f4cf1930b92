/// The folders in which somebody goes from file to file: at most ``foldersMax``, with at most ``filesMax`` files in all.
struct FolderTable: Sendable {
    static let foldersMax = 64
    /// Files of all folders that are kept; larger folders are not watched.
    static let filesMax = 200_000

    private struct Slot: Sendable {
        var sweep: FolderSweep
        var stamp: UInt64
    }

    private struct FirstVisit: Sendable {
        var file: FileNumber
        var at: Duration
    }

    private var slots: [FolderNumber: Slot] = [:]
    /// Folders of which one file was opened so far: it takes a second one to look at the listing.
    private var firstVisits: [FolderNumber: FirstVisit] = [:]
    private var stamp: UInt64 = 0
    private var files = 0
    /// How walks have gone from folder to folder: by listing, by name.
    private(set) var crossings = (listing: 0, name: 0)
    private(set) var lastFolder: FolderNumber?
    /// Of the folders in which a first file was opened: how many there were, and in how many the next one of the listing followed.
    private var firsts = 0.0
    private var seconds = 0.0
    /// Folders in which it followed before it is expected to.
    static let secondsMin = 2.0

    subscript(folder: FolderNumber) -> FolderSweep? {
        get { slots[folder]?.sweep }
        _modify {
            // A sweep is changed in place; it neither comes nor goes this way.
            var sweep = slots[folder]?.sweep
            slots[folder]?.sweep = .empty
            yield &sweep
            if let sweep { slots[folder]?.sweep = sweep }
        }
    }

    func contains(_ folder: FolderNumber) -> Bool { slots[folder] != nil }

    mutating func insert(_ sweep: FolderSweep) {
        stamp += 1
        remove(sweep.folder)
        slots[sweep.folder] = Slot(sweep: sweep, stamp: stamp)
        files += sweep.files.count
        while slots.count > Self.foldersMax || files > Self.filesMax, slots.count > 1,
            let oldest = slots.min(by: { $0.value.stamp < $1.value.stamp })
        {
            remove(oldest.key)
        }
    }

    mutating func touch(_ folder: FolderNumber) {
        stamp += 1
        slots[folder]?.stamp = stamp
    }

    mutating func remove(_ folder: FolderNumber) {
        guard let slot = slots.removeValue(forKey: folder) else { return }
        files -= slot.sweep.files.count
    }

    /// The first file of a folder was opened. - Returns: the one before it, if it is another and not long ago.
    mutating func firstVisit(_ file: FileNumber, in folder: FolderNumber, at now: Duration)
        -> (file: FileNumber, at: Duration)?
    {
        if let before = firstVisits[folder], before.file != file, now - before.at <= .seconds(60) {
            firstVisits[folder] = nil
            return (before.file, before.at)
        }
        firsts += 1
        if firsts > 16 {
            firsts /= 2
            seconds /= 2
        }
        if firstVisits.count >= 256 { firstVisits.removeAll(keepingCapacity: true) }
        firstVisits[folder] = FirstVisit(file: file, at: now)
        return nil
    }

    /// A file of `folder` was opened; tells how the walk got there.
    mutating func entered(_ folder: FolderNumber, nextByListing: Bool, nextByName: Bool) {
        if nextByListing { crossings.listing += 1 }
        if nextByName { crossings.name += 1 }
        if crossings.listing + crossings.name > 64 {
            crossings = (crossings.listing / 2, crossings.name / 2)
        }
    }

    /// The second file that was opened in a folder is the one that is listed behind the first.
    mutating func noteSecond() { seconds += 1 }

    /// Whether who opens a file in a folder mostly goes on to the next one.
    var expectsSecond: Bool { seconds >= Self.secondsMin && 2 * seconds > firsts }

    mutating func noteLast(_ folder: FolderNumber) { lastFolder = folder }

    /// Bytes from the start that a sweep of heads takes; nil where there is none.
    func headOnly(_ folder: FolderNumber) -> Int64? {
        guard let sweep = slots[folder]?.sweep, sweep.order != nil else { return nil }
        return sweep.profile.headOnly
    }
}

extension FolderSweep {
    static let empty = FolderSweep(FolderSnapshot(number: FolderNumber(0), files: []))
}
