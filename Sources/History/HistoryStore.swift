public import Model

/// What people have done with files, kept over months: who opened what, when, and how much of it was read.
///
/// The filesystem tells ``HistoryRecorder`` of each open, read and listing; the recorder leaves out what is
/// excluded, joins reads that continue each other, and gives batches to a store from a thread of its own. A store
/// keeps the events themselves for as long as its bounds allow, and beside them one ``FileUse`` per file, which
/// is brought up to date in the same transaction. Predictors and people ask the store. ``SQLiteHistory`` is the
/// embedded one; the protocol is small, so that an engine that several machines share can stand in its place.
///
/// Threads: any, all calls block for the store's disk. Every call answers completely or throws.
public protocol HistoryStore: Sendable {
    /// Adds all of `events`, or none where it throws. They need not be in the order of their times.
    func append(_ events: [HistoryEvent]) throws(HistoryError)

    /// What is known of the file at `path`; nil when nothing is.
    func use(of path: RelativePath) throws(HistoryError) -> FileUse?

    /// Files by how often they were opened, most first; of two with the same count the one known longer.
    func mostOpened(limit: Int) throws(HistoryError) -> [FileUse]

    /// Opens whose times are in `range`, oldest first, in pages.
    ///
    /// - Parameters:
    ///   - cursor: ``OpenPage/next`` of the page before; nil for the first one.
    ///   - limit: opens in the page, at most.
    func opens(
        in range: Range<Timestamp>, after cursor: HistoryCursor?, limit: Int
    ) throws(HistoryError) -> OpenPage

    /// The last opens of one file, newest first.
    func opens(of path: RelativePath, limit: Int) throws(HistoryError) -> [HistoryEvent]

    /// The last reads of one file, newest first; at most ``readsPerFileMax`` are kept.
    func reads(of path: RelativePath, limit: Int) throws(HistoryError) -> [HistoryEvent]

    /// What the store occupies on its file system.
    func allocatedBytes() throws(HistoryError) -> ByteCount

    /// Forgets what is selected so that nothing of it can be recovered from the store's files. Returns when that is so.
    ///
    /// - Returns: how many files and folders were forgotten.
    @discardableResult
    func forget(_ selection: HistorySelection) throws(HistoryError) -> Int

    /// One bounded step towards the bounds: milliseconds, so that nobody waits for the whole of it.
    ///
    /// - Parameters:
    ///   - before: what is older goes.
    ///   - bytesMax: the oldest events go until the rest takes no more than this.
    /// - Returns: whether another step would find something to do.
    func trim(before: Timestamp, bytesMax: ByteCount) throws(HistoryError) -> Bool
}

extension HistoryStore {
    /// Records of reads that are kept of one file; the oldest go.
    public static var readsPerFileMax: Int { 1000 }
}
