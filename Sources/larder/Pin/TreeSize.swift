import Glibc
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
        var folders = [path]
        while let folder = folders.popLast() {
            do throws(Errno) {
                try size.add(folder, &folders)
            } catch {
                if folder == path { throw error }
                size.unseen += 1
            }
        }
        return size
    }

    private mutating func add(_ file: FileAttributes) {
        guard file.isRegular else { return }
        files += 1
        bytes += min(max(0, file.size), .max - bytes)
    }

    private mutating func add(_ folder: [UInt8], _ folders: inout [[UInt8]]) throws(Errno) {
        var reader = DirectoryReader(
            try FileCalls.open(
                at: FileCalls.workingDirectory, folder, [.readOnly, .directory, .noFollow]))
        while let entries = try reader.next() {
            for entry in entries {
                do throws(Errno) {
                    let found = try FileCalls.attributes(at: reader.rawValue, entry.name)
                    if found.kind == .directory {
                        folders.append(folder + [UInt8(ascii: "/")] + entry.name.bytes)
                    } else {
                        add(found)
                    }
                } catch .noSuchFile {
                    continue
                } catch {
                    unseen += 1
                }
            }
        }
    }
}
