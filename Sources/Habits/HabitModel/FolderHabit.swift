import Model

/// What is known of the opens in one folder, whatever the file.
struct FolderHabit: Sendable {
    static let recentMax = 8
    /// Of the opens of a folder that went on in order, where none can have done so yet.
    static let unknownShare = 0.5

    var occasions = Occasions()
    var burst = BurstDetector()
    /// The latest files of the type that matters most in it, oldest first, none twice in a row: whether they are gone through in order shows here.
    private(set) var recent: [UInt64] = []
    private var type: ContentType?
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
        guard recent.last != open.file else { return }
        if recent.count >= Self.recentMax { recent.removeFirst() }
        recent.append(open.file)
    }

    mutating func noteRead(_ bytes: Int64, of type: ContentType) {
        guard type == self.type else { return }
        usualBytes = HabitModel.blend(usualBytes, bytes)
    }

    /// The next file in order, and the share of its opens that went on to the next: each counts as one, together with half
    /// a one of one that is not known.
    func series(_ folder: UInt64, _ order: some FolderOrder) -> (next: HabitFile, share: Double)? {
        guard recent.count >= 2, let last = recent.last,
            let next = order.next(after: last, in: folder)
        else { return nil }
        let steps = zip(recent, recent.dropFirst())
        let hits = steps.count { order.next(after: $0, in: folder)?.file == $1 }
        return (next, (Double(hits) + 0.5) / Double(recent.count))
    }

    /// What the next file in order is after an open, by the share of opens that went on to it.
    ///
    /// Of a folder that somebody has just come to, one file of it and once, nothing speaks for or against: where films are in it it
    /// counts as half, so that the second episode of a new season is there, and not only the third.
    func nextDetection(_ folder: UInt64, _ order: some FolderOrder) -> Detection {
        if recent.count == 1, occasions.count == 1, type == .media {
            return Detection(
                .series, confidence: Self.unknownShare,
                reason: "the next of its folder, which has been come to for the first time")
        }
        let share = series(folder, order)?.share ?? 0
        let percent = Int((share * 100).rounded())
        return Detection(
            .series, confidence: share,
            reason: "the next of its folder, in which \(percent) % of the opens went on in order")
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
