import Habits
import History
import Model
import Platform
import Synchronization

extension HabitKeeper {
    /// Opens that are remembered of the time before the mount.
    private static let lastOpensMax = 200

    /// Goes through the history, page by page; who is told of an open meanwhile waits in the queue.
    func learn() {
        let mounted = max(Timestamp(seconds: 0), clock.wall)
        var last: [HistoryEvent] = []
        var usual: [RelativePath: Int64] = [:]
        do throws(HistoryError) {
            try eachPage(in: Timestamp(seconds: 0)..<mounted) { page in
                for event in page where usual[event.path] == nil {
                    // What cannot be asked is not known.
                    usual[event.path] = usualBytes(of: event.path) ?? -1
                }
                knowledge.withLock { knowledge in
                    for event in page {
                        let bytes = usual[event.path].flatMap { $0 < 0 ? nil : $0 }
                        knowledge.note(open(event), usualBytes: bytes)
                    }
                }
                last = Array((last + page).suffix(Self.lastOpensMax))
                if usual.count > Self.pageMax * 20 { usual.removeAll() }
                return mayGoOn
            }
        } catch {
            log(.warning, "cannot read what is known of people's habits: \(error)")
        }
        lastOpens.withLock { $0 = last }
        knowledge.withLock { $0.isLearned = true }
    }

    /// All opens of a time, oldest first.
    func eachOpen(
        in range: Range<Timestamp>, _ body: (Open) -> Void
    ) throws(HistoryError) {
        try eachPage(in: range) { page in
            for event in page { body(open(event)) }
            return true
        }
    }

    /// - Parameter body: returns whether to go on.
    func eachPage(
        in range: Range<Timestamp>, _ body: ([HistoryEvent]) -> Bool
    ) throws(HistoryError) {
        var cursor: HistoryCursor?
        repeat {
            let page = try history.opens(in: range, after: cursor, limit: Self.pageMax)
            guard body(page.opens) else { return }
            cursor = page.next
        } while cursor != nil
    }

    func open(_ event: HistoryEvent) -> Open {
        var size: Int64 = 0
        if case .open(let known?) = event.action { size = known }
        return Open(
            path: event.path, type: rules.type(of: event.path, size: size), size: size,
            session: Self.session(user: event.userID, program: event.program), at: event.time)
    }

    /// Who opens, as one who goes from file to file.
    static func session(user: UInt32, program: Name) -> UInt64 {
        XXH3.hash64(program.bytes, seed: UInt64(user))
    }
}
