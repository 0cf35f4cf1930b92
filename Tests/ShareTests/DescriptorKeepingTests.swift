import Model
import Platform
import TestSupport
import Testing

@testable import Share

/// What is kept open that nobody has open, by hand.
@Suite struct DescriptorKeepingTests {
    @Test func filesAreKeptForAMomentAndTheLatestOnly() {
        let now = Duration.seconds(100)
        #expect(DescriptorKeeping.surplus(of: [(file: Int, usedAt: Duration)](), at: now) == [])
        let some = [(file: 1, usedAt: now), (2, now - .milliseconds(999)), (3, now - .seconds(1))]
        #expect(DescriptorKeeping.surplus(of: some, at: now) == [3])
        let many = (0..<40).map { (file: $0, usedAt: now - .milliseconds(10 * $0)) }.shuffled()
        #expect(DescriptorKeeping.surplus(of: many, at: now) == Array(32..<40))
    }

    @Test func foldersAreKeptForLongerButFew() {
        func isSurplus(_ idle: Duration, of count: Int) -> Bool {
            DescriptorKeeping.isSurplus(
                folderUsedAt: .seconds(50), of: count, at: .seconds(50) + idle)
        }
        #expect(!isSurplus(.milliseconds(999), of: 1000) && isSurplus(.seconds(1), of: 33))
        #expect(!isSurplus(.milliseconds(9999), of: 32) && isSurplus(.seconds(10), of: 1))
    }

    // MARK: - What is open by a path

    private func file() -> OpenPaths.Owner { .file(ObjectIdentifier(OpenPaths.Hold())) }

    @Test func aPathIsOpenUntilTheLastOfItsDescriptorsIsClosed() {
        let paths = OpenPaths()
        let (path, other) = (RelativePath(["a", "b"]), RelativePath(["a"]))
        var marks = [paths.mark(path, for: file()), paths.mark(path, for: file())]
        #expect(paths.isOpen(path) && !paths.isOpen(other))
        marks.removeLast()
        #expect(paths.isOpen(path))
        marks.removeLast()
        #expect(!paths.isOpen(path) && paths.isEmpty)
    }

    @Test func whatSomebodyHoldsIsNotWaitedFor() {
        let paths = OpenPaths()
        let path = RelativePath(["file"])
        let (hold, reader) = (OpenPaths.Hold(), OpenPaths.Hold())
        let marks = [
            paths.mark(path, for: .handle(hold)),
            paths.mark(path, for: .file(ObjectIdentifier(reader))),
        ]
        #expect(paths.isOpen(path) && !paths.isOpen(path, except: [ObjectIdentifier(reader)]))
        hold.end {}
        #expect(paths.isOpen(path, except: [ObjectIdentifier(reader)]))
        withExtendedLifetime(marks) {}
    }

    /// Another thread may be about to end what it did with a descriptor when its file is closed.
    @Test func whatWaitsForACloseWaitsForTheLastDescriptor() {
        let paths = OpenPaths()
        let path = RelativePath(["file"])
        var hold: OpenPaths.Hold? = OpenPaths.Hold()
        var marks = (0..<2).map { _ in paths.mark(path, for: .handle(hold ?? OpenPaths.Hold())) }
        let isClosed = Mutexed(false)
        hold?.end {
            // The paths can be asked from there.
            let isOpen = paths.isOpen(path)
            isClosed.withLock { $0 = !isOpen }
        }
        hold = nil
        marks.removeLast()
        #expect(!isClosed.withLock { $0 })
        marks.removeLast()
        #expect(isClosed.withLock { $0 } && paths.isEmpty)
    }

    /// Files and folders are opened, renamed, exchanged and removed by chance; each descriptor has the path that it would have
    /// if that were written down for each by itself.
    @Test func descriptorsGoAlongWithTheirNames() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(seed: seed)
        func path(_ generator: inout SplitMix) -> RelativePath {
            let names: [Name] = ["a", "b", "c"]
            let depth = Int.random(in: 1...3, using: &generator)
            return RelativePath(
                (0..<depth).map { _ in names.randomElement(using: &generator) ?? "a" })
        }
        func isInside(_ path: RelativePath?, _ folder: RelativePath) -> Bool {
            path?.components.starts(with: folder.components) ?? false
        }
        let paths = OpenPaths()
        var open: [(mark: OpenPaths.Mark, path: RelativePath?)] = []
        for step in 0..<4000 {
            let (one, other) = (path(&generator), path(&generator))
            switch Int.random(in: 0..<7, using: &generator) {
            case 0..<3 where open.count < 12:
                open.append((paths.mark(one, for: file()), one))
            case 3 where !open.isEmpty:
                open.remove(at: Int.random(in: 0..<open.count, using: &generator))
            case 5:
                paths.removed(one)
                for index in open.indices where isInside(open[index].path, one) {
                    open[index].path = nil
                }
            case 6 where !isInside(one, other) && !isInside(other, one):
                let isExchange = Bool.random(using: &generator)
                paths.renamed(one, to: other, isExchange: isExchange)
                for index in open.indices {
                    guard let before = open[index].path else { continue }
                    if isInside(before, one) {
                        let rest = before.components.dropFirst(one.components.count)
                        open[index].path = RelativePath(other.components + rest)
                    } else if isInside(before, other) {
                        let rest = before.components.dropFirst(other.components.count)
                        open[index].path =
                            isExchange ? RelativePath(one.components + rest) : nil
                    }
                }
            default: break
            }
            for asked in [one, other] {
                let expected = open.contains { $0.path == asked }
                #expect(paths.isOpen(asked) == expected, "seed \(seed), step \(step), \(asked)")
            }
        }
        open = []
        #expect(paths.isEmpty, "seed \(seed)")
    }

    /// As the view does it: a file that is written is moved away, and its name given to another one.
    @Test func aNameIsNotHeldByWhatWasMovedFromIt() throws {
        let directory = try TemporaryDirectory()
        let scheduler = ShareScheduler(
            lanes: 2, deadline: .seconds(30), clock: SystemClock(), log: Log(write: { _ in }))
        defer { scheduler.stop() }
        let share = try Share(path: directory.path, scheduler: scheduler, clock: SystemClock())
        let (old, new, folder) = (
            ShareLocation(RelativePath(["folder", "old"])),
            ShareLocation(RelativePath(["folder", "new"])), ShareLocation(RelativePath(["folder"]))
        )
        let moved = RelativePath(["elsewhere", "new"])
        _ = try share.lane.makeDirectory(folder, mode: 0o755, for: .daemon)
        func create(_ location: ShareLocation) throws -> ShareHandle {
            try share.lane.create(location, [.writeOnly], mode: 0o644, for: .daemon).0
        }
        var handles = [try create(old), try create(new)]
        try share.lane.rename(old, to: new, flags: 0, for: .daemon)
        try share.lane.rename(
            folder, to: ShareLocation(RelativePath(["elsewhere"])), flags: 0, for: .daemon)
        #expect(!share.isOpen(moved), "people hold both")
        // The closing waits, and what is closed has its path of now until then.
        let gate = Gate()
        for _ in 0..<2 {
            scheduler.submit(.demand) { () throws(Errno) in
                gate.pass()
            } completion: { _ in
            }
        }
        gate.waitFor(2)
        let closed = Answers<Int>()
        share.close(handles.removeLast()) { closed.add(0) }
        #expect(!share.isOpen(moved) && !share.isOpen(new.path), "it has no name any more")
        share.close(handles.removeLast()) { closed.add(1) }
        #expect(share.isOpen(moved) && !share.isOpen(old.path) && !share.isOpen(new.path))
        gate.open()
        _ = closed.wait(for: 2)
    }
}
