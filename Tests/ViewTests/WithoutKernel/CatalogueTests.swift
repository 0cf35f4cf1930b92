import Fuse
import Glibc
import Model
import Platform
import Share
import Synchronization
import TestSupport
import Testing

@testable import View

/// The whole tree known, over a directory that plays the share.
@Suite struct CatalogueTests {
    private static let limits = ViewFixture.Limits(disk: .mebibytes(64))
    private let fixture: ViewFixture

    init() throws {
        fixture = try ViewFixture(.eventual, limits: Self.limits)
        for folder in ["", "a", "a/deep", "a/deep/er", "b"] {
            try make(folder: folder)
            for number in 0..<4 { try make(file: "\(folder)/\(number).txt") }
        }
        // What was changed a moment ago may change again without its time moving.
        fixture.clock.advance(by: .seconds(100))
    }

    private func make(folder: String) throws {
        let path = "\(fixture.root)/\(folder)"
        try #require(mkdir(path, 0o755) == 0 || errno == EEXIST)
    }

    private func make(file: String) throws {
        let file = open("\(fixture.root)/\(file)", O_CREAT | O_WRONLY, 0o644)
        try #require(file >= 0)
        close(file)
    }

    private var catalogue: Catalogue { fixture.view.namespace.catalogue }

    private func settings(knownMax: Int = 50_000) -> CatalogueWalk.Settings {
        CatalogueWalk.Settings(reach: .everything, knownMax: knownMax)
    }

    /// A round from its beginning to its end.
    private func round() throws -> CatalogueProgress.Round {
        let before = catalogue.progress.lastEnd
        fixture.view.nodes.counters.withLock { $0.lookups += 1 }
        // Nobody has used the share lately, and the next one is due.
        fixture.clock.advance(by: .seconds(900))
        catalogue.goOn()
        try waitUntil("a round is over", poll: 0.002) {
            // What is written takes its time.
            catalogue.goOn()
            return catalogue.progress.state == .complete && catalogue.progress.lastEnd != before
        }
        return catalogue.progress.round
    }

    /// Requests of the share so far.
    private var asked: UInt64 { fixture.view.share.scheduler.statistics.completed }

    private func path(_ text: String) -> RelativePath {
        RelativePath(text.split(separator: "/").map { Name(String($0)) })
    }

    /// As `find -ls` does it. - Returns: how many names there are.
    @discardableResult
    private func find(_ folder: RelativePath = RelativePath()) throws -> Int {
        var count = 0
        for name in try fixture.kernel.list(folder) where !name.isDots {
            let path = folder.appending(name)
            count += 1
            if try fixture.kernel.attributes(path).isDirectory { count += try find(path) }
        }
        return count
    }

    /// - Returns: requests of the share.
    private func askedToFind() throws -> UInt64 {
        let before = asked
        #expect(try find() == 24)
        return asked - before
    }

    @Test func whoSearchesAsksTheShareForNothing() throws {
        catalogue.set(settings())
        let round = try round()
        #expect(round.folders == 5 && round.names == 24 && round.listed == 5)
        #expect(try askedToFind() == 0)
    }

    /// The listings are in the index.
    @Test func alsoAfterARestart() throws {
        catalogue.set(settings())
        _ = try round()
        try fixture.settle()
        try fixture.restart(Self.limits)
        #expect(try askedToFind() == 0)
    }

    /// Folders are asked for one by one, and only those that have changed are listed.
    @Test func whatHasChangedIsFound() throws {
        catalogue.set(settings())
        _ = try round()
        try make(file: "a/deep/er/new")
        let before = asked
        let round = try round()
        #expect(round.listed == 1 && round.names == 25)
        // Five folders as they are, and one of them listed.
        #expect(asked - before <= 5 + 3)
        #expect(fixture.view.knownFile(at: path("a/deep/er/new")) != nil)
    }

    /// Names that are as they were may be believed for as long as that was asked; their attributes may not.
    @Test func namesOfFoldersThatHaveNotChangedAreNotAskedFor() throws {
        catalogue.set(settings())
        _ = try round()
        #expect(try round().listed == 0)
        let before = asked
        for folder in ["", "a", "a/deep"] {
            let node = fixture.view.nodes.node(at: path(folder))
            let listed = ConditionMutex<Bool?>(nil)
            fixture.view.namespace.openDirectory(try #require(node)) { result in
                listed.withLock { done, condition in
                    done = !result.isFailure
                    condition.broadcast()
                }
            }
            #expect(listed.wait { done, _ in done })
        }
        #expect(asked == before, "the listings are fifteen minutes old, the folders' times are not")
    }

    /// Memory keeps little of what nobody has asked for, and what somebody has.
    @Test func whatNobodyAskedForIsLeftToTheIndex() throws {
        _ = try fixture.kernel.list(path("b"))
        catalogue.set(settings(knownMax: 0))
        _ = try round()
        #expect(fixture.view.knownFile(at: path("b/1.txt")) != nil)
        #expect(fixture.view.knownFile(at: path("a/1.txt")) == nil)
        #expect(fixture.view.knownFile(at: path("a/deep/er/1.txt")) == nil)
        // And the next round finds the way through it.
        let second = try round()
        #expect(second.folders == 5 && second.names == 24 && second.listed == 0)
        try fixture.settle()
        try fixture.restart(Self.limits)
        #expect(try find() == 24)
    }

    /// Who may look into a folder is decided when he does.
    @Test(.enabled(if: Requirement.isMet(geteuid() == 0)))
    func nobodySeesWhatHeMayNot() throws {
        let fixture = try ViewFixture(.eventual, isShared: true, limits: Self.limits)
        let folder = "\(fixture.root)/private"
        try #require(mkdir(folder, 0o700) == 0)
        close(open("\(folder)/secret", O_CREAT | O_WRONLY, 0o644))
        fixture.clock.advance(by: .seconds(100))
        let catalogue = fixture.view.namespace.catalogue
        catalogue.set(settings())
        fixture.clock.advance(by: .seconds(2))
        catalogue.goOn()
        try waitUntil("all is known", poll: 0.002) { catalogue.progress.state == .complete }
        #expect(fixture.view.knownFile(at: path("private/secret")) != nil)
        let node = try fixture.kernel.node(path("private"))
        let other = FuseCaller(
            userID: 4_000_001, groupID: 4_000_001, processID: getpid(), umask: 0)
        #expect(throws: Errno.accessDenied) {
            try fixture.kernel.ask(as: other) {
                fixture.view.openDirectory($0, node: node, flags: 0)
            }
        }
    }

    /// Of many folders the first ones behind a name, in their order, whatever the listing's.
    @Test func foldersComeInTheOrderOfTheirNames() {
        let names = (0..<500).map { "folder \(($0 * 7919) % 500)" }
        let entries = names.map {
            DirectoryState.Entry(
                name: Name($0), node: NodeID(raw: 7),
                FileAttributes(inode: 1, mode: FileKind.directory.rawValue))
        }
        var found: [String] = []
        var last: Name?
        repeat {
            let batch = Catalogue.folders(in: entries, after: last, atMost: 64)
            found += batch.names.map { "\($0)" }
            last = batch.isLast ? nil : batch.names.last
        } while last != nil && found.count < 1000
        #expect(found == names.sorted())
    }
}
