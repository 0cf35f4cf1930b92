import Control
import Model
import Testing

@testable import larder

/// What `larder ls` makes of what a daemon says.
@Suite struct ContentsTreeTests {
    private static let time = Timestamp(seconds: 1_700_000_000, nanoseconds: 7)
    private static let earlier = Timestamp(seconds: 1_600_000_000)

    /// A daemon that knows a tree, two names at a time.
    private struct Daemon {
        var folders: [RelativePath: [KnownBatch.Entry]]
        var partial: Set<RelativePath> = []
        var cached: [CachedBatch.Tier: [CachedBatch.File]] = [:]

        func answer(_ request: ControlRequest) -> ControlResponse {
            switch request {
            case .known(let path, let after):
                guard let entries = folders[path.path] else {
                    let name = path.path.components.last
                    let file = folders[path.path.parent]?.first {
                        $0.name.path.components.first == name
                    }
                    return .known(
                        file.map { KnownBatch(.other, entries: [$0]) } ?? KnownBatch(.nothing))
                }
                let rest = entries.drop { entry in
                    guard let after, let name = entry.name.path.components.first else {
                        return false
                    }
                    return !after.bytes.lexicographicallyPrecedes(name.bytes)
                }
                let page = Array(rest.prefix(2))
                return .known(
                    KnownBatch(
                        partial.contains(path.path) ? .partial : .complete, entries: page,
                        next: rest.count > 2 ? page.last?.name.path.components.first : nil))
            case .cached(let path, let tier, let after):
                let files = (cached[tier] ?? []).filter {
                    $0.path.path.components.starts(with: path.path.components)
                }
                let rest = files.dropFirst(Int(after))
                return .cached(
                    CachedBatch(
                        files: Array(rest.prefix(1)), next: rest.count > 1 ? after + 1 : nil))
            default: return .failed("not asked for")
            }
        }
    }

    private func entry(_ name: Name, _ size: Int64) -> KnownBatch.Entry {
        KnownBatch.Entry(
            name: name, kind: .file, sizeBytes: size, modified: Self.time, contentType: .userData)
    }

    private func folder(_ name: Name) -> KnownBatch.Entry {
        KnownBatch.Entry(name: name, kind: .folder, sizeBytes: 0, modified: Self.time)
    }

    private func cached(
        _ path: RelativePath, _ size: Int64, _ bytes: Int64, version: Int64 = 1,
        modified: Timestamp = time, both: Int64 = 0
    ) -> CachedBatch.File {
        CachedBatch.File(
            path: path, version: version, fingerprint: Fingerprint(size: size, modified: modified),
            cachedBytes: bytes, inMemoryToo: both)
    }

    private func daemon() -> Daemon {
        var daemon = Daemon(folders: [
            RelativePath(): [entry("a", 100), folder("b"), folder("c"), entry("d", 0)],
            RelativePath(["b"]): [entry("x", 1000), entry("y", 2000), entry("z", 3000)],
            RelativePath(["c"]): [entry("known", 10)],
        ])
        daemon.partial = [RelativePath(["c"])]
        daemon.cached[.memory] = [
            cached(RelativePath(["a"]), 100, 100), cached(RelativePath(["b", "x"]), 1000, 600),
        ]
        daemon.cached[.disk] = [
            // In two parts, and an older version.
            cached(RelativePath(["b", "x"]), 900, 900, version: 9, modified: Self.earlier),
            cached(RelativePath(["b", "x"]), 1000, 1000, version: 2, both: 600),
            cached(RelativePath(["b", "x"]), 1000, 500, version: 4, both: 300),
            cached(RelativePath(["b", "x"]), 1000, 300, version: 4, both: 200),
            cached(RelativePath(["b", "y"]), 2000, 2000, version: 5),
            cached(RelativePath(["b", "gone"]), 5000, 5000, version: 6),
            cached(RelativePath(["c", "not", "listed"]), 70, 70, version: 7),
        ]
        return daemon
    }

    private func rows(
        _ path: RelativePath, isRecursive: Bool = false
    ) throws -> (total: LsRow, rows: [String: LsRow], order: [String]) {
        let daemon = daemon()
        let tree = try LsCommand.survey(path) { daemon.answer($0) }
        let rows = tree.shown(isRecursive: isRecursive).map { place, names in
            LsRow(tree.nodes[place], shownAs: names)
        }
        return (
            LsRow(tree.nodes[0], shownAs: []),
            Dictionary(uniqueKeysWithValues: rows.map { ($0.path, $0) }), rows.map(\.path)
        )
    }

    @Test func foldersHaveTheSumOfWhatIsBelowThem() throws {
        let (total, rows, order) = try rows(RelativePath())
        #expect(order == ["a", "b", "c", "d"])
        let b = try #require(rows["b"])
        // 600 in memory, 800 on disk, 500 of them both; 2000 on disk; not what is gone, nor the older version.
        #expect(b.sizeBytes == 6000 && b.cachedBytes == 2900)
        #expect(b.memoryBytes == 600 && b.diskBytes == 2800)
        #expect(b.files == 3 && b.cachedFiles == 2 && b.isWhole == true && b.percent == 48)
        let c = try #require(rows["c"])
        #expect(c.sizeBytes == 80 && c.cachedBytes == 70 && c.files == 2 && c.isWhole == false)
        #expect(c.percent == nil, "not all of it is known")
        #expect(rows["a"]?.tiers == "memory" && rows["a"]?.percent == 100)
        #expect(rows["d"]?.percent == nil && rows["d"]?.tiers == "")
        #expect(total.cachedBytes == 3070 && total.sizeBytes == 6180 && total.files == 7)
    }

    @Test func allThatIsBelowIsShownFolderByFolder() throws {
        let (_, rows, order) = try rows(RelativePath(), isRecursive: true)
        #expect(
            order == [
                "a", "b", "b/x", "b/y", "b/z", "c", "c/known", "c/not", "c/not/listed", "d",
            ])
        #expect(rows["b/x"]?.tiers == "memory, disk" && rows["b/x"]?.cachedBytes == 900)
        #expect(rows["b/z"]?.cachedBytes == 0)
        #expect(rows["c/not/listed"]?.sizeBytes == 70)
    }

    @Test func aFileIsShownByItself() throws {
        let (total, _, _) = try rows(RelativePath(["b", "x"]))
        #expect(total.kind == "file" && total.cachedBytes == 900 && total.sizeBytes == 1000)
        #expect(try rows(RelativePath(["no"])).total.kind == "unknown")
    }

    @Test func theTableSaysWhatIsKnown() throws {
        let (total, rows, order) = try rows(RelativePath())
        let lines = LsText.table(order.compactMap { rows[$0] }).lines(indent: 0)
        #expect(
            lines == [
                "    size    cached    %  tiers         type       name",
                "   100 B     100 B  100  memory        user data  a",
                "5.86 KiB  2.83 KiB   48  memory, disk  folder     b/",
                "   80 B+      70 B    -  disk          folder     c/",
                "     0 B         -    -  -             user data  d",
            ])
        #expect(
            LsText.summary(total)
                == "7 files, of 4 something is cached: 3.00 KiB of 6.04 KiB, as far as names are known"
        )
    }

    @Test func refreshSaysWhatItDid() {
        let line = {
            RefreshCommand.line(RefreshReport(path: RelativePath(["a"]), known: $0), view: "/v")
        }
        #expect(
            line(1200)
                == "/v/a: the share is asked at the next look; 1,200 names are believed no more")
        #expect(
            line(0) == "/v/a: the share is asked at the next look; nothing was known of it yet")
    }
}
