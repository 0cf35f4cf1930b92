public import Model

/// A file that may be opened in a span of time, and what is known of it: for whoever weighs that otherwise than the rules do.
public struct HabitEvidence: Sendable, Equatable {
    /// As the rules have it. Where they say nothing of it, its probability is 0, and its window the span.
    public var candidate: HabitCandidate
    public var type: ContentType
    /// Bytes.
    public var size: Int64
    /// Of the file's; of what is the next of a folder, the folder's. Oldest first.
    public var occasions: [LocalTime]
    /// Opens so far, likewise.
    public var opens: Int
    /// Seconds since 1970 of the last one, likewise.
    public var last: Int64
    /// Share of the folder's opens that went on in order, where the file is the next one: 0 ... 1.
    public var seriesShare: Double?
    /// Of its folder's.
    public var folderOccasions: [LocalTime]
    /// The folder's files come in quick succession: 0 ... 1.
    public var burstConfidence: Double?
}

extension HabitModel {
    /// Occasions that a file or folder has at least for anything to be said of it.
    private static let occasionsLeast = 2
    /// How far a time of day may lie beside a span to be of it, in seconds.
    private static let nearSeconds = 1800

    /// What may be opened in `from ..< until`: what the rules expect with whatever probability, and what was opened before at
    /// such a time of day, files and the next ones of folders. Where there are more than ``Settings/candidatesMax``, those with the most
    /// occasions at such a time, and of these the latest.
    ///
    /// - Parameters:
    ///   - from: seconds since 1970: now.
    ///   - until: less than twelve hours later.
    ///   - order: asked for the folders that may be due.
    /// - Returns: the candidates, and what the clock on the wall shows at `from`.
    public func possible(
        from: Int64, until: Int64, _ order: some FolderOrder
    ) -> (evidence: [HabitEvidence], local: LocalTime) {
        var clock = clock
        let local = clock.local(from)
        var found: [UInt64: HabitEvidence] = [:]
        for use in uses(near: local, span: until - from) {
            let evidence =
                use.isFolder
                ? evidence(ofFolderAt: use.place, from: from, until: until, order, &clock)
                : evidence(ofFileAt: use.place, from: from, until: until, &clock)
            guard let evidence else { continue }
            let known = found[evidence.candidate.file]?.candidate.probability ?? -1
            if evidence.candidate.probability > known {
                found[evidence.candidate.file] = evidence
            }
        }
        let sorted = found.values.sorted {
            ($1.last, $0.candidate.file) < ($0.last, $1.candidate.file)
        }
        return (sorted, local)
    }

    /// A file or folder that was opened at some time of day.
    private struct TimedUse {
        var near: Int
        var last: LocalTime
        var isFolder: Bool
        var place: Int
    }

    /// What was opened at a time of day, for so many seconds: a quick answer for each, as most are at another time.
    private func uses(near local: LocalTime, span: Int64) -> [TimedUse] {
        let half = Int(span) / 2
        let middle = (Int(local.second) + half) % LocalTime.daySeconds
        var found: [TimedUse] = []
        let note = { (occasions: Occasions, isFolder: Bool, place: Int) in
            guard occasions.count >= Self.occasionsLeast, let last = occasions.last else { return }
            let near = occasions.count(near: middle, reach: half + Self.nearSeconds)
            guard near > 0 else { return }
            found.append(TimedUse(near: near, last: last, isFolder: isFolder, place: place))
        }
        for place in files.indices { note(files[place].occasions, false, place) }
        for place in folders.indices { note(folders[place].occasions, true, place) }
        found.sort { ($1.near, $1.last) < ($0.near, $0.last) }
        return Array(found.prefix(settings.candidatesMax))
    }

    private func evidence(
        ofFileAt place: Int, from: Int64, until: Int64, _ clock: inout LocalClock
    ) -> HabitEvidence? {
        let (file, habit) = (files.key(at: place), files[place])
        let bytes = bytes(of: file, size: habit.size, in: habit.folder)
        let forecast = forecast(ofFileAt: place, from: from, until: until, &clock)
        let candidate =
            forecast.map { Self.candidate(file, $0, .periodic, share: 1, bytes: bytes) }
            ?? Self.unexpected(file, habit.occasions, bytes: bytes, in: from...until)
        let folder = folders.place(of: habit.folder).map { folders[$0] }
        return HabitEvidence(
            candidate: candidate, type: habit.type, size: habit.size,
            occasions: habit.occasions.list, opens: Int(habit.count), last: habit.last.seconds,
            folderOccasions: folder?.occasions.list ?? [],
            burstConfidence: folder?.burst.detection(at: Double(from))?.confidence)
    }

    /// Of the next file of a folder.
    private func evidence(
        ofFolderAt place: Int, from: Int64, until: Int64, _ order: some FolderOrder,
        _ clock: inout LocalClock
    ) -> HabitEvidence? {
        let (number, folder) = (folders.key(at: place), folders[place])
        guard
            let (next, share) = folder.series(
                number, order, readerShare: readerShare(ofFolderAt: place))
        else { return nil }
        let bytes = bytes(of: next.file, size: next.size, in: number)
        let daily = HabitForecast.daily(folder.occasions, from: from, until: until, &clock).first
        let candidate =
            daily.map { Self.candidate(next.file, $0, .series, share: share, bytes: bytes) }
            ?? Self.unexpected(next.file, folder.occasions, bytes: bytes, in: from...until)
        let list = folder.occasions.list
        return HabitEvidence(
            candidate: candidate, type: next.type, size: next.size, occasions: list,
            opens: list.count, last: list.last.map { clock.second(of: $0, near: from) } ?? 0,
            seriesShare: share, folderOccasions: list,
            burstConfidence: folder.burst.detection(at: Double(from))?.confidence)
    }

    /// A candidate of which the rules say nothing.
    private static func unexpected(
        _ file: UInt64, _ occasions: Occasions, bytes: Int64?, in span: ClosedRange<Int64>
    ) -> HabitCandidate {
        HabitCandidate(
            file: file, probability: 0, window: span, shareInSpan: 1, bytes: bytes,
            detection: Detection(
                .periodic, confidence: 0,
                reason: "opened on \(occasions.count) occasions, some of them at about this time"))
    }
}
