import Model

/// What people do again and again: with which file, in which folder, when, and after what.
///
/// It is told of each open and of what was read. From that it keeps, per file and per folder, the latest twenty occasions in local
/// time (``Occasions``), the rhythm of the intervals, bursts, what is opened after what (``OpenCorrelation``), and how much of a file is usually
/// read. Asked what is expected in a span of time, it goes through what has a habit: a file that is opened at its time of day;
/// a folder that somebody comes to at its time of day and goes through in order, of which then the next file is expected, though
/// nobody has ever opened it; a file that is opened at a steady rhythm. Upon an open it says what belongs to it.
///
/// Pure: the time is in the events, the zone is a function that is handed in, and the same events give the same answers. Not safe for use from
/// several threads at once. To note an open takes constant time, about 3 µs with 200,000 files. ``expected(from:until:_:)`` looks at
/// every file that is known: about a second where 200,000 have twenty occasions each. It is for every few minutes, on a copy or
/// off the path of opens. What scanners and backups open should not be noted.
///
/// Memory: 62 MiB with 200,000 files of twenty occasions each, all tables full.
public struct HabitModel: Sendable {
    public struct Settings: Sendable, Equatable {
        public var filesMax = 200_000
        public var foldersMax = 20_000
        public var readersMax = 256
        /// Candidates of one answer.
        public var candidatesMax = 100
        /// What is less probable is not worth naming.
        public var probabilityMin = 0.3

        public init() {}
    }

    public let settings: Settings
    /// Of all opens, by hour.
    public private(set) var activity = ActivitySeries()
    var files: RecencyTable<UInt64, FileHabit>
    var folders: RecencyTable<UInt64, FolderHabit>
    /// By ``HabitOpen/session``.
    var readers: RecencyTable<UInt64, ReaderHabit>
    var correlation = OpenCorrelation<UInt64>()
    var clock: LocalClock

    public init(_ settings: Settings = Settings(), clock: LocalClock) {
        self.settings = settings
        self.clock = clock
        files = RecencyTable(capacity: settings.filesMax)
        folders = RecencyTable(capacity: settings.foldersMax)
        readers = RecencyTable(capacity: settings.readersMax, promotedShare: 0)
    }

    /// Files that are known.
    public var fileCount: Int { files.count }

    /// Notes an open.
    ///
    /// - Parameter goesOn: whether the file is the one after ``latest(in:)`` of its folder; nil: nobody can say.
    public mutating func note(_ open: HabitOpen, goesOn: Bool? = nil) {
        let local = clock.local(open.at.seconds)
        activity.note(local)
        let file = files.touch(open.file, or: FileHabit(open)).place
        // Who comes back on another occasion is not to be pushed out by a walk through everything.
        if files[file].note(open, local), files[file].occasions.count > 1 {
            files.promote(file)
        }
        let folder = folders.touch(open.folder, or: FolderHabit()).place
        let reader = readers.touch(open.session, or: ReaderHabit()).place
        if let goesOn, folders[folder].isStep(open) { readers[reader].note(isNext: goesOn) }
        let before = folders[folder].occasions.count
        folders[folder].note(open, local)
        if before > 0, folders[folder].occasions.count > before { folders.promote(folder) }
        _ = correlation.opened(
            open.file, session: open.session, at: Double(open.at.seconds))
    }

    /// Notes how much of a file was read from its head while it was open, bytes. Nothing happens for a file that is not known.
    public mutating func noteRead(_ bytes: Int64, of file: UInt64) {
        guard bytes >= 0, let place = files.place(of: file) else { return }
        files[place].usualBytes = Self.blend(files[place].usualBytes, bytes)
        let (folder, type) = (files[place].folder, files[place].type)
        if let place = folders.place(of: folder) { folders[place].noteRead(bytes, of: type) }
    }

    /// The file that was opened last of those that a folder is opened for.
    public func latest(in folder: UInt64) -> UInt64? {
        folders.place(of: folder).flatMap { folders[$0].recent.last }
    }

    /// Of the latest reader of a folder's files, the share of opens that go on in order; nil: not known.
    func readerShare(ofFolderAt place: Int) -> Double? {
        readers.place(of: folders[place].reader).flatMap { readers[$0].orderShare }
    }

    /// The newest weighs a quarter.
    static func blend(_ known: Int64, _ new: Int64) -> Int64 {
        known < 0 ? new : known + (new - known) / 4
    }

    /// Bytes to expect of a file, not more than it has; nil: nothing is known.
    func bytes(of file: UInt64, size: Int64, in folder: UInt64) -> Int64? {
        if let place = files.place(of: file), files[place].usualBytes >= 0 {
            return min(files[place].usualBytes, size)
        }
        guard let place = folders.place(of: folder), folders[place].usualBytes >= 0 else {
            return nil
        }
        return min(folders[place].usualBytes, size)
    }
}
