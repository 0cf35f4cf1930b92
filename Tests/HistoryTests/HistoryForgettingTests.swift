import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import History

/// What is forgotten is nowhere: in no answer, and in no byte of the files.
@Suite struct HistoryForgettingTests {
    private let fixture: HistoryFixture
    private let history: SQLiteHistory

    private static let secret = "confidential-diary"

    init() throws {
        fixture = try HistoryFixture()
        history = try fixture.open()
        // Enough of them that pages are split and freed.
        try history.append(
            (0..<400).flatMap { number -> [HistoryEvent] in
                let name = "\(Self.secret)/\(Self.secret) \(number).txt"
                return [
                    opened(name, at: Int64(number)), read(name, 0..<10, at: Int64(number)),
                    opened("Films/film \(number % 40).mkv", at: Int64(number)),
                ]
            } + [listed(Self.secret, at: 500), listed("Films", at: 500)])
    }

    private func expectGone(_ what: Comment) throws {
        #expect(!(try fixture.allBytes().contains(Array(Self.secret.utf8))), what)
        #expect(try history.use(of: path("\(Self.secret)/\(Self.secret) 7.txt")) == nil, what)
        let page = try history.opens(in: moment(0)..<moment(9999), after: nil, limit: 10_000)
        #expect(!page.opens.contains { $0.path.description.contains(Self.secret) }, what)
        // And nothing else is.
        #expect(page.opens.count == 400, what)
        #expect(try history.use(of: path("Films/film 7.mkv"))?.opens == 10, what)
    }

    @Test func aFolderGoesWithAllInIt() throws {
        #expect(try fixture.allBytes().contains(Array(Self.secret.utf8)))
        // 400 files and the folder.
        #expect(try history.forget(.below(path(Self.secret))) == 401)
        try expectGone("while it is open")
        history.close()
        let again = try fixture.open()
        #expect(try again.use(of: path("Films/film 7.mkv"))?.opens == 10)
        #expect(!(try fixture.allBytes().contains(Array(Self.secret.utf8))))
    }

    @Test func aFileGoesAlone() throws {
        #expect(try history.forget(.below(path("\(Self.secret)/\(Self.secret) 7.txt"))) == 1)
        #expect(!(try fixture.allBytes().contains(Array("\(Self.secret) 7.txt".utf8))))
        #expect(try history.use(of: path("\(Self.secret)/\(Self.secret) 7.txt")) == nil)
        #expect(try history.use(of: path("\(Self.secret)/\(Self.secret) 70.txt"))?.opens == 1)
        // A name that begins alike is another one.
        try history.append([opened("Films2/x", at: 600), opened("Films", at: 600)])
        try history.forget(.below(path("Films")))
        #expect(try history.use(of: path("Films2/x"))?.opens == 1)
        #expect(try history.use(of: path("Films/film 7.mkv")) == nil)
    }

    @Test func whatIsExcludedGoes() throws {
        let exclusions = HistoryExclusions([try ContentPattern("\(Self.secret)/**")])
        #expect(try history.forget(.excluded(exclusions)) == 401)
        try expectGone("excluded")
        #expect(try history.forget(.excluded(HistoryExclusions())) == 0)
    }

    /// A damaged file still has what was known of it.
    @Test func whatWasSetAsideGoesToo() throws {
        history.close()
        let file = try FileCalls.open(fixture.databasePath, [.writeOnly])
        try FileContents.write(file.rawValue, [UInt8](repeating: 0, count: 100))
        let fresh = try fixture.open()
        #expect(try fixture.allBytes().contains(Array(Self.secret.utf8)))
        try fresh.forget(.below(path("anything")))
        #expect(!(try fixture.allBytes().contains(Array(Self.secret.utf8))))
    }

    @Test func everythingGoes() throws {
        // 440 files, their two folders, and the root.
        #expect(try history.forget(.everything) == 443)
        #expect(!(try fixture.allBytes().contains(Array("mpv".utf8))))
        #expect(try history.mostOpened(limit: 10).isEmpty)
        try history.append([opened("a", at: 1)])
        #expect(try history.use(of: path("a"))?.opens == 1)
        history.close()
        #expect(try fixture.open().use(of: path("a"))?.opens == 1)
    }

    /// Another program reads the history for longer than is waited for: it is said, and the next attempt does it.
    @Test func aReaderThatHoldsTheLogIsSaid() throws {
        try history.withConnection { connection throws(SQLiteError) in
            try connection.execute("PRAGMA busy_timeout = 10")
        }
        do {
            let other = try SQLiteConnection(path: fixture.databasePath, mode: .readWrite)
            try other.execute("BEGIN")
            _ = try other.integer("SELECT count(*) FROM opens")
            #expect(throws: HistoryError.busy) { try history.forget(.below(path(Self.secret))) }
            #expect(try history.use(of: path("\(Self.secret)/\(Self.secret) 7.txt")) == nil)
            try other.execute("COMMIT")
        }
        try history.forget(.below(path(Self.secret)))
        try expectGone("once it is done")
    }

    @Test func patternsSayWhatIsPrivate() throws {
        let exclusions = HistoryExclusions([
            try ContentPattern("Private/**"), try ContentPattern("*.gpg"),
        ])
        #expect(exclusions.contain(opened("Private/a", at: 0)))
        #expect(exclusions.contain(opened("private/b/c", at: 0)))
        #expect(exclusions.contain(opened("keys/my.GPG", at: 0)))
        #expect(exclusions.contain(listed("Private", at: 0)))
        #expect(exclusions.contain(listed("Private/b", at: 0)))
        #expect(!exclusions.contain(listed("keys", at: 0)))
        #expect(!exclusions.contain(listed("", at: 0)))
        #expect(!exclusions.contain(opened("Privates/a", at: 0)))
        #expect(!HistoryExclusions().contain(opened("Private/a", at: 0)))
    }
}
