import Model

/// What is known of the opens in one folder, whatever the file.
struct FolderHabit: Sendable {
    static let recentMax = 8

    var occasions = Occasions()
    var burst = BurstDetector()
    /// The latest files of the type that matters most in it, oldest first, none twice in a row: whether they are gone through in order shows here.
    private(set) var recent: [UInt64] = []
    private var type: ContentType?
    /// Who opened the latest of ``recent``.
    private(set) var reader: UInt64 = 0
    /// Bytes that are usually read of such a file; less than 0: not known.
    private(set) var usualBytes: Int64 = -1

    mutating func note(_ open: HabitOpen, _ local: LocalTime) {
        burst.note(at: Double(open.at.seconds) + Double(open.at.nanoseconds) * 1e-9)
        occasions.note(local)
        let rank = Self.rank(open.type)
        let known = type.map(Self.rank) ?? -1
        guard rank >= known else { return }
        if rank > known {
            // Until now there were only notes and pictures of it.
            recent.removeAll()
            usualBytes = -1
            type = open.type
        }
        reader = open.session
        guard recent.last != open.file else { return }
        if recent.count >= Self.recentMax { recent.removeFirst() }
        recent.append(open.file)
    }

    mutating func noteRead(_ bytes: Int64, of type: ContentType) {
        guard type == self.type else { return }
        usualBytes = HabitModel.blend(usualBytes, bytes)
    }

    /// The next file in order, and the share of its opens that went on to the next: each counts as one, together with one of which is
    /// assumed what its reader does elsewhere.
    ///
    /// - Parameter readerShare: of the reader's opens, how many go on in order; nil: not known. Then a folder in which there was but one open
    ///   says nothing.
    func series(
        _ folder: UInt64, _ order: some FolderOrder, readerShare: Double?
    ) -> (next: HabitFile, share: Double)? {
        guard recent.count >= 2 || readerShare != nil, let last = recent.last,
            let next = order.next(after: last, in: folder)
        else { return nil }
        let steps = zip(recent, recent.dropFirst())
        let hits = steps.count { order.next(after: $0, in: folder)?.file == $1 }
        let assumed = readerShare ?? ReaderHabit.unknownShare
        return (next, (Double(hits) + assumed) / Double(recent.count))
    }

    /// Whether an open is a step from one file to another of the kind that the folder is opened for.
    func isStep(_ open: HabitOpen) -> Bool {
        guard let last = recent.last else { return false }
        return open.type == type && last != open.file
    }

    /// What a folder is opened for.
    private static func rank(_ type: ContentType) -> Int {
        switch type {
        case .media: 4
        case .userData: 3
        case .thumbnail: 2
        case .metadata: 1
        case .config: 0
        }
    }
}
