import Glibc
import Model
import Platform

/// A directory of a test's own, removed with all in it at the end.
public final class TemporaryDirectory: Sendable {
    public let path: String

    /// - Parameter parent: `/dev/shm` for one in memory.
    public init(in parent: String = "/tmp") throws {
        var template = Array("\(parent)/larder-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mkdtemp($0) != nil } ?? false
        }
        guard made else { throw Errno(rawValue: errno) }
        path = try RealPath.resolve(
            String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    deinit {
        _ = try? ChildProcess.run("/bin/rm", ["-rf", "--one-file-system", "--", path])
    }

    /// Makes a directory (with those above it) and returns its absolute path.
    public func directory(_ name: String) throws -> String {
        let made = "\(path)/\(name)"
        _ = try ChildProcess.run("/bin/mkdir", ["-p", "--", made])
        return made
    }

    public func file(_ name: String, _ text: String = "") throws -> String {
        let file = "\(path)/\(name)"
        let opened = try FileCalls.open(file, [.writeOnly, .create, .truncate], mode: 0o644)
        try FileContents.write(opened.rawValue, Array(text.utf8))
        return file
    }
}
