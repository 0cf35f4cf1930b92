import Glibc
import Model
import Platform

extension DirectorySurvey {
    /// Blocks for as long as the file system does.
    ///
    /// - Parameter triesRoot: also whether root is kept from what is others'.
    static func look(_ path: String, triesRoot: Bool = true) throws(Errno) -> DirectorySurvey {
        let clock = SystemClock()
        let start = clock.monotonic
        let probe = try DirectoryProbe.examine(path)
        let directory = try FileCalls.open(path, [.directory, .pathOnly])
        let attributes = try FileCalls.attributes(of: directory.rawValue)
        let usage = try FileCalls.fileSystem(of: directory.rawValue)
        var survey = DirectorySurvey(
            probe: probe, userID: attributes.userID, mode: attributes.mode & 0o7777,
            mayRead: access(path, R_OK | X_OK) == 0, mayWrite: access(path, W_OK | X_OK) == 0,
            bytesAvailable: usage.bytesAvailable,
            milliseconds: (clock.monotonic - start).inSeconds * 1000)
        if triesRoot, geteuid() == 0 { survey.refusesRoot = refusesRoot(directory) }
        return survey
    }

    /// Entries of a directory by which it is told what root is there.
    private static let looksMax = 32

    private static func refusesRoot(_ directory: borrowing FileDescriptor) -> Bool? {
        let raw = directory.rawValue
        if let own = try? FileCalls.attributes(of: raw), isOthersAlone(own) {
            return isRefused { () throws(Errno) in
                try FileCalls.reopen(raw, [.readOnly, .directory])
            }
        }
        guard let readable = try? FileCalls.reopen(raw, [.readOnly, .directory]) else {
            return nil
        }
        var reader = DirectoryReader(readable)
        var looks = 0
        while looks < looksMax, let entries = try? reader.next() {
            for entry in entries.prefix(looksMax - looks) where !entry.name.isDots {
                looks += 1
                // By a descriptor, so that no FIFO or device is opened.
                guard
                    let node = try? FileCalls.open(
                        at: raw, entry.name.bytes, [.pathOnly, .noFollow]),
                    let found = try? FileCalls.attributes(of: node.rawValue),
                    isOthersAlone(found)
                else { continue }
                return isRefused { () throws(Errno) in
                    try FileCalls.reopen(node.rawValue, [.readOnly, .nonBlocking])
                }
            }
        }
        return nil
    }

    private static func isOthersAlone(_ file: FileAttributes) -> Bool {
        file.userID != 0 && file.mode & 0o004 == 0 && (file.isRegular || file.isDirectory)
    }

    private static func isRefused(_ body: () throws(Errno) -> FileDescriptor) -> Bool? {
        do throws(Errno) {
            _ = try body()
            return false
        } catch {
            return error.isDenial ? true : nil
        }
    }

    /// As ``look(_:)``; what does not exist yet is looked at where it would be made. Tries to punch a hole.
    static func lookForCache(_ path: String) throws(Errno) -> DirectorySurvey {
        var missing: [String] = []
        var place = RealPath.lexical(path, from: "/")
        while true {
            do throws(Errno) {
                var survey = try look(place, triesRoot: false)
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
