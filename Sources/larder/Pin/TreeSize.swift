import Model
import Platform

/// What a file, or a folder with all below it, holds, as its view shows it. Waits for the view, as `du` does.
struct TreeSize: Equatable {
    var files = 0
    var bytes: Int64 = 0
    /// Names that could not be looked at, and folders that could not be read.
    var unseen = 0

    /// - Throws: what the file or folder itself said.
    static func of(_ path: [UInt8]) throws(Errno) -> TreeSize {
        var size = TreeSize()
        let top = try FileCalls.attributes(at: FileCalls.workingDirectory, Name(path))
        guard top.kind == .directory else {
            size.add(top)
            return size
        }
        var reason: Errno?
        ViewWalk(
            enters: { _ in true },
            found: { _, attributes in
                size.add(attributes)
                return true
            },
            failed: { failed, error in
                size.unseen += 1
                if failed == path { reason = error }
            }
        ).go(below: path)
        if let reason { throw reason }
        return size
    }

    private mutating func add(_ file: FileAttributes) {
        guard file.isRegular else { return }
        files += 1
        bytes += min(max(0, file.size), .max - bytes)
    }
}
