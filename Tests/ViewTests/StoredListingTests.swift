import Model
import Platform
import Share
import Synchronization
import TestSupport
import Testing
import Tiers

@testable import View

/// What the index has of a folder against what is changed of the folder meanwhile.
@Suite struct StoredListingTests {
    /// The change is entered at any moment of the storing; then the index has it, or nothing.
    @Test func aListingThatIsStoredLacksNothingThatWasMade() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.directory("share")
        let clock = SystemClock()
        let log = Log(write: { _ in })
        let scheduler = ShareScheduler(lanes: 2, deadline: .seconds(30), clock: clock, log: log)
        let share = try Share(path: path, scheduler: scheduler, clock: clock)
        let buffers = BufferPool()
        let disk = try DiskTier(
            directory: directory.directory("cache"), limit: .mebibytes(64),
            freeSpaceMin: ByteCount(0),
            buffers: buffers, clock: clock, log: log)
        let cache = ChunkCache(
            configuration: ChunkCache.Configuration(memoryLimit: .mebibytes(64)), share: share,
            tiers: TierChain([disk], clock: clock), buffers: buffers)
        let root = FileAttributes(inode: 1, mode: FileKind.directory.rawValue | 0o755)
        let rules = FreshnessRules(
            consistency: .eventual, propagationDelay: .seconds(5), attributeTTL: .seconds(300))
        let delays = DelayQueue(clock: clock)
        let namespace = Namespace(
            share: share, root: root, isShared: false, rules: rules, cache: cache,
            disk: disk, invalidator: Invalidator(), delays: delays, clock: clock, log: log)
        defer {
            delays.stop()
            namespace.stop()
            disk.close()
            scheduler.stop()
        }
        // Before that the table has names, and no listing to take as the share's.
        namespace.nodes.finish(
            .root, [], directory: root, validity: nil, cost: .zero, at: clock.monotonic)
        for round in 0..<150 {
            let name = Name("new \(round)")
            let isMade = Mutexed(false)
            startThread(name: "maker") {
                namespace.nodes.change { table, now, effects in
                    _ = table.made(
                        Node.Place(parent: .root, name: name),
                        FileAttributes(
                            inode: UInt64(round + 10), mode: FileKind.regular.rawValue), at: now,
                        &effects)
                }
                isMade.withLock { $0 = true }
            }
            repeat {
                let question = namespace.nodes.table.withLock { $0.questions.ask(.listing(.root)) }
                let known = namespace.nodes.table.withLock { $0[directory: .root]?.order ?? [] }
                namespace.nodes.finish(
                    .root, known, question: question, directory: root, validity: nil, cost: .zero,
                    at: clock.monotonic)
                namespace.stored.store(.root, directory: root, question)
            } while !isMade.withLock { $0 }
            let stored = disk.listings.listing(of: RelativePath())
            #expect(stored?.entries.contains { $0.name == name } ?? true, "round \(round)")
        }
    }
}
