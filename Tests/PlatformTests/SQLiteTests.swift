import Glibc
import Platform
import Testing

@Suite struct SQLiteTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/larder-sqlite-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + "/db" + suffix) }
            rmdir(path)
        }
        try body(path + "/db")
    }

    @Test func bindsAndReads() throws {
        try withDirectory { path in
            let connection = try SQLiteConnection(path: path, mode: .create)
            try connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, data BLOB)")
            let insert = try connection.prepare("INSERT INTO t VALUES(?1, ?2)")
            let blobs: [[UInt8]] = [[], [0], Array(repeating: 0xFF, count: 100_000)]
            for (id, blob) in blobs.enumerated() {
                try insert.bind(1, Int64(id) << 40)
                try insert.bind(2, blob)
                try insert.run()
            }
            let select = try connection.prepare("SELECT id, data FROM t ORDER BY id")
            for (id, blob) in blobs.enumerated() {
                #expect(try select.step())
                #expect(select.integer(0) == Int64(id) << 40)
                #expect(select.bytes(1) == blob)
            }
            #expect(try !select.step())
            #expect(try connection.integer("SELECT count(*) FROM t") == 3)
            #expect(try connection.integer("SELECT id FROM t WHERE id < 0") == nil)
        }
    }

    @Test func aFailedTransactionLeavesNothing() throws {
        try withDirectory { path in
            let connection = try SQLiteConnection(path: path, mode: .create)
            try connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY)")
            let error = #expect(throws: SQLiteError.self) {
                try connection.transaction { () throws(SQLiteError) in
                    try connection.execute("INSERT INTO t VALUES(1)")
                    try connection.execute("INSERT INTO t VALUES(1)")
                }
            }
            #expect(error?.code == .misuse)
            #expect(try connection.integer("SELECT count(*) FROM t") == 0)
        }
    }

    @Test func errorsAreSorted() throws {
        try withDirectory { path in
            #expect(throws: SQLiteError.self) {
                try SQLiteConnection(path: path + "/no/such", mode: .create)
            }
            let missing = #expect(throws: SQLiteError.self) {
                try SQLiteConnection(path: path, mode: .readWrite)
            }
            #expect(missing?.code == .cannotOpen)
            do {
                let connection = try SQLiteConnection(path: path, mode: .create)
                try connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY)")
                #expect(throws: SQLiteError.self) { try connection.prepare("SELECT nothing") }
                let reader = try SQLiteConnection(path: path, mode: .readOnly)
                let refused = #expect(throws: SQLiteError.self) {
                    try reader.execute("INSERT INTO t VALUES(1)")
                }
                #expect(refused?.code == .readOnly)
                let impatient = try SQLiteConnection(
                    path: path, mode: .readWrite, busyTimeout: .zero)
                try connection.execute("BEGIN IMMEDIATE")
                let busy = #expect(throws: SQLiteError.self) {
                    try impatient.execute("BEGIN IMMEDIATE")
                }
                #expect(busy?.code == .busy)
                try connection.execute("PRAGMA max_page_count = 2")
                let full = #expect(throws: SQLiteError.self) {
                    try connection.execute("CREATE TABLE u AS SELECT zeroblob(100000)")
                }
                #expect(full?.code == .full)
            }
            let file = try FileCalls.open(path, .writeOnly)
            try [UInt8](repeating: 0x41, count: 100).withUnsafeBytes {
                try FileCalls.write(file.rawValue, $0, at: 0)
            }
            let connection = try SQLiteConnection(path: path, mode: .readWrite)
            let foreign = #expect(throws: SQLiteError.self) {
                try connection.execute("SELECT * FROM t")
            }
            #expect(foreign?.code == .notADatabase && foreign?.meansDamage == true)
        }
    }
}
