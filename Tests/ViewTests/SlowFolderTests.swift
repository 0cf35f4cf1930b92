import Glibc
import Model
import Platform
import Share
import Synchronization
import TestSupport
import Testing
import Tiers

@testable import View

/// A folder that took so long to list that it is not listed again soon, and what is seen of it until then.
@Suite struct SlowFolderTests {
    /// A share with some files and `new`, and a view that has listed all but that.
    private final class World {
        let clock = ManualClock(start: SystemClock().wall)
        let namespace: Namespace
        let names = (0..<6).map { "file \($0)" }
        private let directory: TemporaryDirectory
        private let scheduler: ShareScheduler
        private let delays = DelayQueue(clock: SystemClock())
        private static let rules = FreshnessRules(
            consistency: .eventual, propagationDelay: .seconds(5), attributeTTL: .seconds(300))

        /// - Parameter modified: when names came to the folder last, by the share's clock; nil for now.
        init(isLocal: Bool, modified: Timestamp? = nil) throws {
            directory = try TemporaryDirectory()
            let path = try directory.directory("share")
            // Larger than what programs exclude each other by, which is asked for first.
            let text = String(repeating: "x", count: 100)
            for name in names + ["new"] { _ = try directory.file("share/\(name)", text) }
            if let modified {
                let folder = try FileCalls.open(path, [.pathOnly, .directory])
                try FileCalls.setTimes(
                    of: folder.rawValue, accessed: .omit, modified: .set(modified))
            }
            let log = Log(write: { _ in })
            scheduler = ShareScheduler(
                lanes: 2, deadline: .seconds(30), clock: SystemClock(), log: log)
            let share = try Share(
                path: path, scheduler: scheduler,
                nature: ShareNature(
                    inodesLast: true, keepsFiles: true, decides: true, isLocal: isLocal,
                    hidesOpenFiles: false), clock: SystemClock())
            let cache = ChunkCache(
                configuration: ChunkCache.Configuration(memoryLimit: .mebibytes(64)),
                share: share, tiers: TierChain([], clock: clock), buffers: BufferPool())
            let root = try FileCalls.attributes(ofPath: path)
            namespace = Namespace(
                share: share, root: root, isShared: false, rules: Self.rules, cache: cache,
                disk: nil, invalidator: Invalidator(), delays: delays, clock: clock, log: log)
            let entries = try names.map {
                StoredListing.Entry(
                    name: Name($0), attributes: try FileCalls.attributes(ofPath: "\(path)/\($0)"))
            }
            let order = namespace.nodes.merge(
                entries, into: .root, validity: nil, at: clock.monotonic)
            namespace.nodes.finish(
                .root, order, directory: root, validity: nil, cost: .seconds(100),
                at: clock.monotonic)
        }

        deinit {
            delays.stop()
            namespace.stop()
            scheduler.stop()
        }

        func write(_ name: String, _ text: String) throws {
            _ = try directory.file("share/\(name)", text)
        }

        func look(_ name: Name) { namespace.lookup(parent: .root, name: name) { _ in } }

        /// Bytes, as far as the view knows; nil for what is not there.
        func size(of name: Name) -> Int64? {
            namespace.nodes.table.withLock { table in
                table[directory: .root]?.children[name].flatMap { table[$0]?.attributes.size }
            }
        }

        /// Looks once the propagation delay is over. - Returns: whether what that brings comes to be known.
        func becomesKnown(by look: () -> Void, _ isKnown: () -> Bool) -> Bool {
            clock.advance(by: .seconds(6))
            look()
            if isKnown() { return false }
            // The pause of whoever looks is over.
            clock.advance(by: .seconds(2))
            return Eventually.holds(isKnown)
        }
    }

    /// The folder is as it was listed, as far as its time tells.
    private static let longAgo = Timestamp(seconds: 1_000_000_000)

    /// Its client may list what it remembers.
    @Test func aNameThatIsNotListedIsLookedFor() throws {
        let world = try World(isLocal: false, modified: Self.longAgo)
        #expect(world.becomesKnown(by: { world.look("new") }, { world.size(of: "new") != nil }))
    }

    /// Its time would not have moved: it is listed anew, whatever that takes.
    @Test func aFolderThatWasListedInTheStepOfItsLastChangeIsListedAgain() throws {
        let world = try World(isLocal: true)
        let isKnown = world.becomesKnown(
            by: { world.namespace.openDirectory(.root) { _ in } }, { world.size(of: "new") != nil })
        #expect(isKnown)
    }

    /// Looks at many files of a folder become one listing; not where that is not due.
    @Test func aFileThatChangedIsSeenHoweverManyAreLookedAt() throws {
        let world = try World(isLocal: true, modified: Self.longAgo)
        let changed = try #require(world.names.last)
        try world.write(changed, String(repeating: "y", count: 200))
        let isKnown = world.becomesKnown(
            by: { for name in world.names { world.look(Name(name)) } },
            { world.size(of: Name(changed)) == 200 })
        #expect(isKnown)
    }
}
