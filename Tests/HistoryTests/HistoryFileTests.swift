import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import History

/// The file: whose it is, of which format, and what becomes of a damaged one.
@Suite struct HistoryFileTests {
    private let fixture: HistoryFixture

    init() throws {
        fixture = try HistoryFixture()
    }

    /// A file of format 1 as the first Larder with a history made it. It must be read for ever: where this fails, raise
    /// the format's version and migrate.
    private static let golden = """
        PRAGMA auto_vacuum = INCREMENTAL;
        CREATE TABLE paths(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, folder INTEGER NOT NULL, path BLOB NOT NULL);
        CREATE INDEX paths_hash ON paths(hash);
        CREATE INDEX paths_folder ON paths(folder);
        CREATE TABLE programs(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);
        CREATE TABLE opens(id INTEGER PRIMARY KEY, path INTEGER NOT NULL, program INTEGER NOT NULL, user INTEGER NOT NULL, size INTEGER NOT NULL);
        CREATE INDEX opens_path ON opens(path);
        CREATE TABLE reads(id INTEGER PRIMARY KEY, path INTEGER NOT NULL, program INTEGER NOT NULL, user INTEGER NOT NULL, size INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL);
        CREATE INDEX reads_path ON reads(path);
        CREATE TABLE listings(id INTEGER PRIMARY KEY, path INTEGER NOT NULL, program INTEGER NOT NULL, user INTEGER NOT NULL);
        CREATE INDEX listings_path ON listings(path);
        CREATE TABLE uses(path INTEGER PRIMARY KEY, opens INTEGER NOT NULL, first_open INTEGER NOT NULL, last_open INTEGER NOT NULL, interval_count INTEGER NOT NULL, interval_mean REAL NOT NULL, interval_squares REAL NOT NULL, bytes_read INTEGER NOT NULL, furthest_byte INTEGER NOT NULL, head_count INTEGER NOT NULL, head_mean REAL NOT NULL, head_squares REAL NOT NULL, whole_sessions INTEGER NOT NULL, part_sessions INTEGER NOT NULL, parts BLOB NOT NULL, session_head INTEGER NOT NULL, session_parts INTEGER NOT NULL, session_reads INTEGER NOT NULL, size INTEGER NOT NULL);
        CREATE INDEX uses_opens ON uses(opens);
        PRAGMA application_id = 1282565192;
        PRAGMA user_version = 1;
        INSERT INTO paths VALUES(1, 3244421341483603138, 0, x'');
        INSERT INTO paths VALUES(2, HASH, 1, x'66696c6d');
        INSERT INTO programs VALUES(1, x'6d7076');
        INSERT INTO opens VALUES(117964800000000000, 2, 1, 1000, 1000);
        INSERT INTO opens VALUES(117964803932160000, 2, 0, 1000, -1);
        INSERT INTO reads VALUES(117964800065536000, 2, 1, 1000, 1000, 0, 400);
        INSERT INTO uses VALUES(2, 2, 1800000000000, 1800000060000, 1, 60.0, 0.0, 400, 400, 1, 400.0, 0.0, 0, 1, x'01010101010101000000000000000000', 0, 0, 0, 1000);
        """

    /// 1,800,000,000,000 ms × 65,536 = 117,964,800,000,000,000; a second is 65,536,000 more.
    @Test func aFileOfTheFirstFormatIsRead() throws {
        try FileCalls.makeDirectory(
            at: FileCalls.workingDirectory, Array(fixture.directory.utf8), mode: 0o700)
        let sql = Self.golden.split(separator: "HASH")
        try SQLiteConnection(path: fixture.databasePath, mode: .create).execute(
            sql[0] + "\(path("film").rowHash)" + sql[1])
        let history = try fixture.open()
        #expect(fixture.logged.isEmpty)
        #expect(
            try history.opens(of: path("film"), limit: 10) == [
                opened("film", at: 60, size: nil, program: ""), opened("film", at: 0),
            ])
        #expect(try history.reads(of: path("film"), limit: 10) == [read("film", 0..<400, at: 1)])
        try history.append([opened("film", at: 180)])
        // Intervals of 60 and 120 s.
        let use = try #require(try history.use(of: path("film")))
        #expect(use.opens == 3)
        #expect(use.intervals.mean == 90)
        #expect(use.headBytes.mean == 400)
        #expect(use.parts.share(ofPart: 6) == 1)
        #expect(use.parts.share(ofPart: 7) == 0)
        // XXH3 of the bytes, frozen with the format.
        #expect(path("").rowHash == 3_244_421_341_483_603_138)
    }

    @Test func whatALaterLarderMadeIsLeftAlone() throws {
        try fixture.open().append([opened("a", at: 1)])
        try SQLiteConnection(path: fixture.databasePath, mode: .readWrite)
            .execute("PRAGMA user_version = 2")
        let before = try FileContents.read(fixture.databasePath)
        #expect(throws: HistoryError.newerFormat(path: fixture.databasePath, version: 2)) {
            try fixture.open()
        }
        #expect(try FileContents.read(fixture.databasePath) == before)
        #expect(try fixture.fileNames().allSatisfy { !$0.contains("damaged") })
    }

    @Test func onlyTheOwnerMayReadIt() throws {
        let history = try fixture.open()
        try history.append([opened("a", at: 1)])
        #expect(try FileCalls.attributes(ofPath: fixture.directory).mode & 0o777 == 0o700)
        for name in try fixture.fileNames() {
            let attributes = try FileCalls.attributes(ofPath: fixture.directory + "/" + name)
            #expect(attributes.mode & 0o777 == 0o600, "\(name)")
        }
        history.close()
        #expect(chmod(fixture.directory, 0o722) == 0)
        #expect(
            throws: HistoryError.notOurs(
                path: fixture.directory, owner: Environment.userID, mode: 0o040722)
        ) { try fixture.open() }
    }

    @Test func nothingIsWrittenThroughALink() throws {
        let target = try fixture.temporary.file("precious", "words")
        _ = try fixture.temporary.directory("history")
        #expect(symlink(target, fixture.databasePath) == 0)
        #expect(throws: HistoryError.foreignLink(path: fixture.databasePath)) {
            try fixture.open()
        }
        #expect(try FileContents.read(target) == Array("words".utf8))
    }

    @Test func whereNothingCanBeMadeItSaysSo() throws {
        let below = fixture.temporary.path + "/missing/history"
        #expect(
            throws: HistoryError.unusable(
                path: below, reason: "cannot make it", .noSuchFile)
        ) { try SQLiteHistory(directory: below, log: fixture.log) }
    }

    @Test func aFileThatIsNoDatabaseIsSetAside() throws {
        _ = try fixture.temporary.directory("history")
        _ = try fixture.temporary.file("history/history.db", "this is no database, but long enough")
        #expect(chmod(fixture.directory, 0o700) == 0)
        let history = try fixture.open()
        try history.append([opened("a", at: 1)])
        #expect(try history.use(of: path("a"))?.opens == 1)
        let aside = try fixture.fileNames().filter { $0.hasPrefix("history.db.damaged-") }
        #expect(aside.count == 1)
        #expect(fixture.logged.contains { $0.contains(aside[0]) })
    }

    /// What a query finds, the next change acts on, also where it would not have come across it.
    @Test func damageThatAQueryFindsIsSetAside() throws {
        let history = try fixture.open()
        try history.append([opened("a", at: 1), opened("b", at: 1)])
        try history.withConnection { connection throws(SQLiteError) in
            try connection.execute("UPDATE uses SET parts = x'00' WHERE path = 2")
        }
        let damaged = HistoryError.damaged(reason: "statistics that cannot be (SQLite 11)")
        #expect(throws: damaged) { try history.use(of: path("a")) }
        // Nothing more is answered from it.
        #expect(throws: damaged) { try history.use(of: path("b")) }
        try history.append([opened("c", at: 2)])
        #expect(try history.use(of: path("b")) == nil)
        #expect(try history.use(of: path("c"))?.opens == 1)
        #expect(fixture.logged.contains { $0.contains("history.db.damaged-") })
    }

    /// SQLite reads such a file, and writes nothing to it: found with the first change.
    @Test func aHeaderThatForbidsWritingIsDamage() throws {
        let history = try fixture.open()
        try history.append([opened("a", at: 1)])
        history.close()
        var bytes = try FileContents.read(fixture.databasePath)
        bytes[18] = 7
        let file = try FileCalls.open(fixture.databasePath, [.writeOnly])
        try FileContents.write(file.rawValue, bytes)
        let again = try fixture.open()
        try again.append([opened("b", at: 2)])
        #expect(try again.use(of: path("b"))?.opens == 1)
        #expect(fixture.logged.contains { $0.contains("history.db.damaged-") })
    }

    /// Bytes are changed at random places of a full file. Whatever is asked of it and told to it either works or says
    /// what is wrong; what is set aside is said; and in the end it takes new events.
    @Test func damageAnywhereIsSurvived() throws {
        let seed = TestRun.seed
        var random = SplitMix(seed: seed)
        let history = try fixture.open()
        try history.append(
            (0..<600).flatMap { number -> [HistoryEvent] in
                let name = "Folder \(number % 7)/file \(number % 50)"
                return [
                    opened(name, at: Int64(number)), read(name, 0..<900, at: Int64(number)),
                    listed("Folder \(number % 7)", at: Int64(number)),
                ]
            })
        history.close()
        let sound = try FileContents.read(fixture.databasePath)
        var setAside = 0
        for round in 0..<TestRun.scaled(30) {
            let copy = try fixture.copy()
            var bytes = sound
            // Sometimes a page of zeros, as a disk leaves it; sometimes bits in the header.
            let isHeader = round % 3 == 0
            for _ in 0..<(round % 2 == 0 ? 1 : 40) {
                let place = Int(random.next() % UInt64(isHeader ? 100 : bytes.count))
                bytes[place] = UInt8(truncatingIfNeeded: random.next())
            }
            if round % 5 == 0 {
                let page = Int(random.next() % UInt64(bytes.count / 4096)) * 4096
                for place in page..<page + 4096 { bytes[place] = 0 }
            }
            let file = try FileCalls.open(copy.databasePath, [.writeOnly, .truncate])
            try FileContents.write(file.rawValue, bytes)
            guard try survives(copy, "LARDER_TEST_SEED=\(seed), round \(round)") else { continue }
            setAside += 1
        }
        #expect(setAside > 0)
    }

    /// - Returns: whether the file was set aside.
    private func survives(_ copy: HistoryFixture, _ what: Comment) throws -> Bool {
        let history: SQLiteHistory
        do {
            history = try copy.open()
        } catch HistoryError.newerFormat {
            // The header said so; it cannot be told from the truth.
            return false
        }
        let range = moment(0)..<moment(100_000)
        for number in 0..<50 {
            _ = try? history.use(of: path("Folder \(number % 7)/file \(number)"))
            _ = try? history.reads(of: path("Folder \(number % 7)/file \(number)"), limit: 100)
        }
        _ = try? history.opens(in: range, after: nil, limit: 10_000)
        _ = try? history.mostOpened(limit: 100)
        // The first may fail, and find the damage on its way.
        try? history.append((0..<50).map { opened("Folder 0/file \($0)", at: 70_000) })
        _ = try? history.trim(before: moment(50_000), bytesMax: .gibibytes(1))
        try history.append([opened("new", at: 80_000)])
        #expect(try history.use(of: path("new"))?.opens == 1, what)
        let aside = try copy.fileNames().filter { $0.hasPrefix("history.db.damaged-") }
        for name in aside { #expect(copy.logged.contains { $0.contains(name) }, what) }
        return !aside.isEmpty
    }

    /// SQLite's own bound on pages stands for a disk without room.
    @Test func aFullDiskIsSaidAndHarmless() throws {
        let history = try fixture.open()
        try history.append([opened("a", at: 1)])
        try history.withConnection { connection throws(SQLiteError) in
            try connection.execute("PRAGMA max_page_count = 40")
        }
        #expect(throws: HistoryError.full) {
            try history.append((0..<5000).map { opened("some file \($0)", at: Int64($0)) })
        }
        // All or nothing.
        #expect(try history.use(of: path("some file 0")) == nil)
        #expect(try history.use(of: path("a"))?.opens == 1)
        try history.withConnection { connection throws(SQLiteError) in
            try connection.execute("PRAGMA max_page_count = 4000000")
        }
        try history.append([opened("a", at: 2)])
        #expect(try history.use(of: path("a"))?.opens == 2)
        #expect(fixture.logged.isEmpty)
    }

    @Test func aDiskThatTakesNoWritesIsSaid() throws {
        let history = try fixture.open()
        try history.append([opened("a", at: 1)])
        try history.withConnection { connection throws(SQLiteError) in
            try connection.execute("PRAGMA query_only = ON")
        }
        #expect(throws: HistoryError.readOnly) { try history.append([opened("a", at: 2)]) }
        #expect(try history.use(of: path("a"))?.opens == 1)
        #expect(try fixture.fileNames().allSatisfy { !$0.contains("damaged") })
    }
}
