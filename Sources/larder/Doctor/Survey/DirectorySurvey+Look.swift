import Glibc
import Model
import Platform

extension DirectorySurvey {
    /// Blocks for as long as the file system does.
    static func look(_ path: String) throws(Errno) -> DirectorySurvey {
        let clock = SystemClock()
        let start = clock.monotonic
        let probe = try DirectoryProbe.examine(path)
        let directory = try FileCalls.open(path, [.directory, .pathOnly])
        let attributes = try FileCalls.attributes(of: directory.rawValue)
        let usage = try FileCalls.fileSystem(of: directory.rawValue)
        return DirectorySurvey(
            probe: probe, userID: attributes.userID, mode: attributes.mode & 0o7777,
            mayRead: access(path, R_OK | X_OK) == 0, mayWrite: access(path, W_OK | X_OK) == 0,
            bytesAvailable: usage.bytesAvailable,
            milliseconds: (clock.monotonic - start).inSeconds * 1000)
    }

    /// As ``look(_:)``; what does not exist yet is looked at where it would be made. Tries to punch a hole.
    static func lookForCache(_ path: String) throws(Errno) -> DirectorySurvey {
        var missing: [String] = []
        var place = RealPath.lexical(path, from: "/")
        while true {
            do throws(Errno) {
                var survey = try look(place)
                survey.missing = missing.reversed()
                survey.holes = tryHoles(in: place)
                return survey
            } catch .noSuchFile where place != "/" {
                let (parent, last) = RealPath.split(place)
                missing.append(last)
                place = parent
            }
        }
    }

    private static let pieceBytes: Int64 = 64 << 10

    /// Writes two pieces, gives the first one back, and looks what became of it. Leaves nothing behind.
    private static func tryHoles(in directory: String) -> Holes {
        let file: FileDescriptor
        do throws(Errno) {
            file = try temporaryFile(in: directory)
        } catch {
            return .untried(error.rawValue)
        }
        do throws(Errno) {
            let piece = [UInt8](repeating: 0xA5, count: Int(pieceBytes))
            try FileContents.write(file.rawValue, piece + piece)
            let before = try FileCalls.attributes(of: file.rawValue).blocks
            try FileCalls.punchHole(file.rawValue, 0..<pieceBytes)
            let after = try FileCalls.attributes(of: file.rawValue).blocks
            return after < before ? .given : .kept
        } catch {
            return .refused(error.rawValue)
        }
    }

    /// A file without a name; where the file system has none of those, with one that is taken away at once.
    private static func temporaryFile(in directory: String) throws(Errno) -> FileDescriptor {
        do throws(Errno) {
            return try FileCalls.open(directory, [.readWrite, .nameless], mode: 0o600)
        } catch  where [.notSupported, .isDirectory, .invalid].contains(error) {
            let name = "\(directory)/.larder-doctor.\(Environment.processID)"
            let file = try FileCalls.open(name, [.readWrite, .create, .exclusive], mode: 0o600)
            try FileCalls.unlink(at: FileCalls.workingDirectory, Array(name.utf8))
            return file
        }
    }
}
