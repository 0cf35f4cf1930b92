import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Share

@Suite struct DirectoryListingTests {
    private struct Fixture {
        let directory: TemporaryDirectory
        let scheduler: ShareScheduler
        let share: Share

        init(files: Int, clock: any LarderClock = SystemClock()) throws {
            directory = try TemporaryDirectory()
            for number in 0..<files {
                let file = try FileCalls.open(
                    "\(directory.path)/file \(number)", [.writeOnly, .create], mode: 0o644)
                _ = file.rawValue
            }
            scheduler = ShareScheduler(
                lanes: 2, deadline: .seconds(30), clock: clock, log: Log(write: { _ in }))
            share = try Share(path: directory.path, scheduler: scheduler, clock: clock)
        }

        /// All batches, and how it ended.
        func list(
            _ bounds: ListingBounds = ListingBounds(), of path: RelativePath = RelativePath(),
            going: @escaping @Sendable (DirectoryBatch) -> Bool = { _ in true }
        ) -> ([DirectoryBatch], Result<Void, Errno>?) {
            let batches = Mutexed<[DirectoryBatch]>([])
            let ends = Answers<Result<Void, Errno>>()
            share.list(ShareLocation(path), urgency: .demand, bounds: bounds) { batch in
                batches.withLock { $0.append(batch) }
                return going(batch)
            } completion: {
                ends.add($0)
            }
            let end = ends.wait(for: 1).first
            return (batches.withLock { $0 }, end)
        }
    }

    private func errno(_ result: Result<Void, Errno>?) -> Errno? {
        if case .failure(let errno) = result { return errno }
        return nil
    }

    /// A descriptor of it is kept, and belongs to the folder that is gone.
    @Test func aFolderThatTookAnothersNameIsListed() throws {
        let fixture = try Fixture(files: 0)
        let folder = RelativePath().appending(Name("folder"))
        let path = try fixture.directory.directory("folder")
        #expect(errno(fixture.list(of: folder).1) == nil)
        #expect(rmdir(path) == 0)
        #expect(errno(fixture.list(of: folder).1) == .noSuchFile)
        for name in ["first", "second"] {
            let inner = try fixture.directory.directory("folder/\(name)")
            let (batches, end) = fixture.list(of: folder)
            #expect(errno(end) == nil)
            #expect(batches.flatMap(\.entries).map(\.name) == [Name(name)])
            #expect(rmdir(inner) == 0 && rmdir(path) == 0)
        }
    }

    @Test func aFolderComesInBatchesWithEachNameOnce() throws {
        let fixture = try Fixture(files: 95)
        var bounds = ListingBounds()
        bounds.batchMax = 10
        let (batches, end) = fixture.list(bounds)
        #expect(errno(end) == nil)
        #expect(batches.count == 10)
        #expect(batches.map(\.isFirst) == [true] + [Bool](repeating: false, count: 9))
        #expect(batches.map(\.isLast) == [Bool](repeating: false, count: 9) + [true])
        #expect(batches.allSatisfy { $0.entries.count <= 10 })
        #expect(Set(batches.flatMap { $0.entries.map(\.name) }).count == 95)
        #expect(batches.allSatisfy { $0.entries.allSatisfy { !$0.isNameOnly } })
        fixture.scheduler.stop()
    }

    /// A lane is had for so long at a stretch, and each batch has a deadline of its own.
    @Test func aSlowFolderTakesManyJobs() throws {
        let fixture = try Fixture(files: 20)
        var bounds = ListingBounds()
        bounds.batchTime = .zero
        let before = fixture.scheduler.statistics.completed
        let (batches, end) = fixture.list(bounds)
        #expect(errno(end) == nil)
        #expect(batches.reduce(0) { $0 + $1.entries.count } == 20)
        #expect(fixture.scheduler.statistics.completed - before >= 20)
        fixture.scheduler.stop()
    }

    @Test func aFolderWithoutAnEndFails() throws {
        let fixture = try Fixture(files: 95)
        var bounds = ListingBounds()
        bounds.namesMax = 50
        bounds.batchMax = 10
        let (batches, end) = fixture.list(bounds)
        #expect(errno(end) == .overflow)
        #expect(batches.reduce(0) { $0 + $1.entries.count } <= 50)
        fixture.scheduler.stop()
    }

    /// Names are never left out; what is known of them is.
    @Test func beyondABoundNamesComeWithoutAttributes() throws {
        let fixture = try Fixture(files: 95)
        var bounds = ListingBounds()
        bounds.attributesMax = 40
        let (batches, end) = fixture.list(bounds)
        #expect(errno(end) == nil)
        let entries = batches.flatMap(\.entries)
        #expect(entries.count == 95)
        #expect(entries.count { $0.isNameOnly } == 55)
        #expect(entries.allSatisfy { $0.attributes.isRegular && $0.attributes.inode != 0 })
        fixture.scheduler.stop()
    }

    @Test func whoWantsNoMoreEndsIt() throws {
        let fixture = try Fixture(files: 95)
        var bounds = ListingBounds()
        bounds.batchMax = 10
        let (batches, end) = fixture.list(bounds) { _ in false }
        #expect(errno(end) == .canceled)
        #expect(batches.count == 1)
        fixture.scheduler.stop()
    }
}
