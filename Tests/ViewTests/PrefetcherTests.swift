import Foresight
import Fuse
import Model
import Platform
import Share
import Synchronization
import TestSupport
import Testing
import Tiers

@testable import View

/// What is fetched ahead of programs that open and read files, without a kernel between them.
@Suite struct PrefetcherTests {
    private final class Fixture {
        let base: NamespaceFixture
        let versions: FileVersions
        let prefetcher: Prefetcher

        init(readahead: ByteCount = .mebibytes(8)) throws {
            base = try NamespaceFixture()
            versions = FileVersions(
                namespace: base.namespace, cache: base.cache, share: base.share,
                shareIdentity: ObjectKey(words: (1, 2, 3, 4)), consistency: .eventual,
                isShared: false, clock: base.clock)
            prefetcher = Prefetcher(
                Foresight.Configuration(
                    strategy: .aggressive, windowMax: readahead, budget: .mebibytes(48)),
                namespace: base.namespace, cache: base.cache, versions: versions,
                share: base.share, delays: base.delays, clock: base.clock)
        }

        /// A file that is long enough to be read ahead, found by its name.
        func film(_ name: Name, size: Int) throws -> NodeID {
            _ = try base.directory.file(
                name.description, String(repeating: "film", count: size / 4))
            return NodeID(raw: try #require(base.look(at: name, for: 1).answer()).nodeID)
        }

        /// A read as the view makes it. - Returns: what waits for its answer.
        func read(_ id: NodeID, _ range: Range<Int64>) throws -> () -> ReadAccount {
            let file = try #require(versions.current(id))
            let start = base.clock.monotonic
            let followUp = prefetcher.reading(
                id, file, range, handle: 7, user: 1000, process: 1, at: start, isPredictable: true)
            let answer = ConditionMutex<ReadAccount?>(nil)
            base.cache.read(
                file, range, priority: followUp.priority, opened: followUp.whenOpened
            ) { [prefetcher] result, account in
                followUp.answered()
                prefetcher.answered(
                    id, range, by: followUp.reader, account, since: start, took: .zero)
                #expect(throws: Never.self) { try result.get() }
                answer.withLock { answer, condition in
                    answer = account
                    condition.broadcast()
                }
            }
            followUp.asked()
            return { answer.wait { answer, _ in answer } }
        }
    }

    private static let step: Int64 = 128 << 10

    @Test func whoReadsOnFindsTheRestInMemory() throws {
        let fixture = try Fixture()
        let id = try fixture.film("film.mkv", size: 4 << 20)
        let reader = fixture.prefetcher.opening(id, handle: 7, user: 1000, process: 1)
        fixture.prefetcher.opened(id, by: reader)
        for number in 0..<3 {
            fixture.base.clock.advance(by: .milliseconds(10))
            let start = Int64(number) * Self.step
            _ = try fixture.read(id, start..<(start + Self.step))()
        }
        #expect(Eventually.holds { fixture.base.cache.statistics.prefetchedBytes >= 4 * Self.step })
        let next = try fixture.read(id, (3 * Self.step)..<(4 * Self.step))()
        #expect(next.source == .memory && next.missedBytes == 0)
        fixture.prefetcher.closed(id, handle: 7)

        let (records, lost, _) = fixture.prefetcher.records(after: 0, max: 100)
        #expect(lost == 0)
        #expect(records.map(\.operation) == [.open, .read, .read, .read, .read, .close])
        #expect(records.allSatisfy { $0.reader.userID == 1000 && $0.reader.handle == 7 })
        #expect(records[1].source == .share && records[4].source == .memory)
    }

    /// The first bytes of a file have the share to themselves: what follows is asked for when they have come.
    @Test func nothingIsFetchedAheadOfTheFirstBytes() throws {
        let fixture = try Fixture()
        let id = try fixture.film("film.mkv", size: 4 << 20)
        let gate = fixture.base.hang()
        let answer = try fixture.read(id, 0..<Self.step)
        let waiting = fixture.base.scheduler.statistics.waiting
        #expect(waiting == 1)
        gate.open()
        _ = answer()
        #expect(Eventually.holds { fixture.base.cache.statistics.prefetchedBytes > 0 })
    }

    @Test func withoutReadaheadNothingIsFetched() throws {
        let fixture = try Fixture(readahead: ByteCount(0))
        let id = try fixture.film("film.mkv", size: 4 << 20)
        for number in 0..<8 {
            fixture.base.clock.advance(by: .milliseconds(10))
            let start = Int64(number) * Self.step
            let account = try fixture.read(id, start..<(start + Self.step))()
            #expect(account.source == .share)
        }
        #expect(fixture.base.cache.statistics.prefetchedBytes == 0)
    }
}
