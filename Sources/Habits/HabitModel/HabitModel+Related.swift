public import Model

extension HabitModel {
    /// What an open of a burst adds: half of what is missing to certainty, by the burst's confidence.
    static let burstShare = 0.5

    /// What is expected because a file was opened, the most probable first: what was opened after it before, and the next of its folder.
    ///
    /// The probability is ``RelatedProbability``, raised where the folder of the candidate is in a burst. What is under its threshold is
    /// named, too: whoever fetches compares.
    ///
    /// - Parameter at: when, on the clock on the wall.
    public func related(
        to file: UInt64, at: Timestamp, _ order: some FolderOrder
    ) -> [HabitCandidate] {
        guard let place = files.place(of: file) else { return [] }
        let folder = files[place].folder
        var clock = clock
        let local = clock.local(at.seconds)
        var found: [UInt64: HabitCandidate] = [:]
        for rule in correlation.rules(after: file) {
            let known = files.place(of: rule.key)
            let other = known.map { files[$0].folder } ?? folder
            found[rule.key] = related(
                rule.key, in: other, size: known.map { files[$0].size } ?? .max,
                rule.detection, order.relationship(of: rule.key, to: file), at, local)
        }
        if let folderPlace = folders.place(of: folder),
            let next = order.next(after: file, in: folder)
        {
            let readerShare = readerShare(ofFolderAt: folderPlace)
            let share =
                folders[folderPlace].series(folder, order, readerShare: readerShare)?.share ?? 0
            let percent = Int((share * 100).rounded())
            let candidate = related(
                next.file, in: folder, size: next.size,
                Detection(
                    .series, confidence: share,
                    reason:
                        "the next of its folder, in which \(percent) % of the opens went on in order"
                ),
                .next, at, local)
            if candidate.probability > found[next.file]?.probability ?? 0 {
                found[next.file] = candidate
            }
        }
        return Array(
            found.values.sorted { ($1.probability, $0.file) < ($0.probability, $1.file) }
                .prefix(settings.candidatesMax))
    }

    private func related(
        _ file: UInt64, in folder: UInt64, size: Int64, _ detection: Detection,
        _ relationship: RelatedProbability.Relationship, _ at: Timestamp, _ local: LocalTime
    ) -> HabitCandidate {
        let seconds = Double(at.seconds) + Double(at.nanoseconds) * 1e-9
        var probability = RelatedProbability(
            pattern: detection.confidence, time: timeShare(of: file, in: folder, local),
            relationship: relationship
        ).value
        var reason = detection.reason
        if let place = folders.place(of: folder),
            let burst = folders[place].burst.detection(at: seconds)
        {
            probability += (1 - probability) * Self.burstShare * burst.confidence
            reason += ", and \(burst.reason)"
        }
        return HabitCandidate(
            file: file, probability: probability, window: at.seconds...at.seconds,
            shareInSpan: 1, bytes: bytes(of: file, size: size, in: folder),
            detection: Detection(detection.kind, confidence: probability, reason: reason))
    }

    /// Share of the occasions of a file, or of its folder where it has fewer than two, within an hour of this time of day.
    func timeShare(of file: UInt64, in folder: UInt64, _ local: LocalTime) -> Double {
        var list: [LocalTime] = []
        if let place = files.place(of: file) { list = files[place].occasions.list }
        if list.count < 2, let place = folders.place(of: folder) {
            list = folders[place].occasions.list
        }
        var (weight, near, total) = (1.0, 0.0, 0.0)
        for time in list.reversed() {
            let difference = TimeOfDay.difference(Int(time.second), from: Int(local.second))
            near += abs(difference) <= 3600 ? weight : 0
            total += weight
            weight *= TimeOfDay.ageFactor
        }
        return total > 0 ? near / total : 0
    }
}
