import Model

/// Makes one record of the reads of one handle that continue each other. A pure value; told the time.
///
/// A film is read in pieces of 128 KiB, by several threads of the kernel: the pieces come nearly in order. So a handle
/// has a few runs at a time; a read that touches one extends it, and runs that touch each other become one. A run is
/// finished when the handle is closed, when nothing has extended it for ``idleMax``, or when it has lasted for ``lastingMax``
/// (a kill loses no more).
struct ReadJoiner: Sendable {
    static let idleMax = Duration.seconds(5)
    static let lastingMax = Duration.seconds(300)
    /// Handles with runs, at most; reads of others are records of their own.
    static let handlesMax = 512
    static let runsMax = 4

    private struct Run: Sendable {
        /// The first of its reads.
        var event: HistoryEvent
        var range: Range<Int64>
        var fileSize: Int64?
        var begun: Duration
        var extended: Duration

        var joined: HistoryEvent {
            var event = event
            event.action = .read(range, fileSize: fileSize)
            return event
        }

        func touches(_ other: Range<Int64>) -> Bool {
            other.lowerBound <= range.upperBound && other.upperBound >= range.lowerBound
        }

        mutating func extend(by other: Range<Int64>) {
            range =
                min(range.lowerBound, other.lowerBound)..<max(range.upperBound, other.upperBound)
        }
    }

    private var runs: [OpenHandle: [Run]] = [:]

    var isEmpty: Bool { runs.isEmpty }

    /// - Parameters:
    ///   - range: what `event` reads, not empty.
    ///   - fileSize: of `event`.
    /// - Returns: a record that is finished by this read.
    mutating func add(
        _ event: HistoryEvent, _ range: Range<Int64>, fileSize: Int64?, handle: OpenHandle,
        now: Duration
    ) -> HistoryEvent? {
        let run = Run(event: event, range: range, fileSize: fileSize, begun: now, extended: now)
        guard let known = runs.index(forKey: handle) else {
            guard runs.count < Self.handlesMax else { return event }
            runs[handle] = [run]
            return nil
        }
        return Self.add(run, to: &runs.values[known])
    }

    private static func add(_ run: Run, to runs: inout [Run]) -> HistoryEvent? {
        let place = runs.firstIndex { $0.touches(run.range) && $0.event.path == run.event.path }
        guard let place else {
            var finished: HistoryEvent?
            if runs.count == runsMax { finished = runs.removeFirst().joined }
            runs.append(run)
            return finished
        }
        runs[place].extend(by: run.range)
        runs[place].fileSize = run.fileSize ?? runs[place].fileSize
        runs[place].extended = run.extended
        // What was a gap may be none now.
        let other = runs.indices.first {
            $0 != place && runs[$0].touches(runs[place].range)
                && runs[$0].event.path == run.event.path
        }
        guard let other else { return nil }
        // The older keeps its place and its time.
        let (older, newer) = (min(place, other), max(place, other))
        runs[older].extend(by: runs[newer].range)
        runs[older].fileSize = run.fileSize ?? runs[older].fileSize
        runs[older].extended = run.extended
        runs.remove(at: newer)
        return nil
    }

    /// The records of a handle that is closed, oldest first.
    mutating func close(_ handle: OpenHandle) -> [HistoryEvent] {
        runs.removeValue(forKey: handle)?.map(\.joined) ?? []
    }

    /// Records that nothing has extended for long, or that have lasted long; in the order of their times.
    mutating func takeFinished(now: Duration) -> [HistoryEvent] {
        take { now - $0.extended >= Self.idleMax || now - $0.begun >= Self.lastingMax }
    }

    mutating func takeAll() -> [HistoryEvent] { take { _ in true } }

    private mutating func take(_ isFinished: (Run) -> Bool) -> [HistoryEvent] {
        var finished: [HistoryEvent] = []
        for (handle, open) in runs where open.contains(where: isFinished) {
            finished += open.filter(isFinished).map(\.joined)
            let rest = open.filter { !isFinished($0) }
            runs[handle] = rest.isEmpty ? nil : rest
        }
        return finished.sorted { $0.time < $1.time }
    }

    mutating func remove(where isSelected: (HistoryEvent) -> Bool) {
        for (handle, open) in runs {
            let rest = open.filter { !isSelected($0.event) }
            if rest.count < open.count { runs[handle] = rest.isEmpty ? nil : rest }
        }
    }
}
