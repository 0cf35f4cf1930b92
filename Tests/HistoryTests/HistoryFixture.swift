import Glibc
import History
import Model
import Platform
import Synchronization
import TestSupport

/// A directory for a history, a clock that is moved by hand, and what was logged.
final class HistoryFixture: Sendable {
    let temporary: TemporaryDirectory
    let clock = ManualClock()
    private let lines = Mutex<[String]>([])

    init() throws {
        temporary = try TemporaryDirectory()
    }

    var directory: String { temporary.path + "/history" }
    var databasePath: String { directory + "/history.db" }

    var log: Log { Log(clock: clock) { [self] line in lines.withLock { $0.append(line) } } }
    var logged: [String] { lines.withLock { $0 } }

    func open() throws -> SQLiteHistory {
        try SQLiteHistory(directory: directory, clock: clock, log: log)
    }

    func fileNames() throws -> [String] {
        var reader = DirectoryReader(try FileCalls.open(directory, [.readOnly, .directory]))
        var names: [String] = []
        while let batch = try reader.next() { names += batch.map(\.name.description) }
        return names.sorted()
    }

    /// Bytes of all files of the directory, one behind the other.
    func allBytes() throws -> [UInt8] {
        try fileNames().flatMap { try FileContents.read(directory + "/" + $0, bytesMax: 1 << 30) }
    }

    func size(_ name: String = "history.db") throws -> Int64 {
        try FileCalls.attributes(ofPath: directory + "/" + name).size
    }

    /// The files as they are now, as after a kill, in a directory of their own.
    func copy() throws -> HistoryFixture {
        let other = try HistoryFixture()
        _ = try ChildProcess.run("/bin/cp", ["-a", "--", directory, other.directory])
        return other
    }
}

func path(_ text: String) -> RelativePath {
    RelativePath(text.split(separator: "/").map { Name(String($0)) })
}

/// Seconds after the beginning of the tests' time.
func moment(_ seconds: Int64, milliseconds: UInt32 = 0) -> Timestamp {
    Timestamp(seconds: 1_800_000_000 + seconds, nanoseconds: milliseconds * 1_000_000)
}

func opened(
    _ name: String, at seconds: Int64, size: Int64? = 1000, program: Name = "mpv",
    user: UInt32 = 1000
) -> HistoryEvent {
    HistoryEvent(
        .open(fileSize: size), path: path(name), program: program, userID: user,
        time: moment(seconds))
}

func read(
    _ name: String, _ range: Range<Int64>, at seconds: Int64, size: Int64? = 1000
) -> HistoryEvent {
    HistoryEvent(
        .read(range, fileSize: size), path: path(name), program: "mpv", userID: 1000,
        time: moment(seconds))
}

func listed(_ name: String, at seconds: Int64) -> HistoryEvent {
    HistoryEvent(.list, path: path(name), program: "ls", userID: 1000, time: moment(seconds))
}

extension [UInt8] {
    /// Whether `part` is somewhere in it.
    func contains(_ part: [UInt8]) -> Bool {
        withUnsafeBytes { all in
            part.withUnsafeBytes { part in
                guard let first = part.first, let start = part.baseAddress,
                    var rest = all.baseAddress
                else { return false }
                var left = all.count
                while left >= part.count, let found = memchr(rest, Int32(first), left) {
                    left -= UnsafeRawPointer(found) - rest
                    if left >= part.count, memcmp(found, start, part.count) == 0 {
                        return true
                    }
                    rest = UnsafeRawPointer(found) + 1
                    left -= 1
                }
                return false
            }
        }
    }
}
