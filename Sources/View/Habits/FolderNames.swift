import Habits
import Model

/// What a folder holds, as far as habits go on in it.
struct FolderNames: Sendable {
    var files: [(name: Name, size: Int64)] = []
    /// Folders in it that are parts of it, such as the seasons of a show.
    var parts: [Name] = []

    /// - Parameters:
    ///   - isFile: a regular file.
    ///   - isFolder: a directory.
    mutating func add(_ name: Name, isFile: Bool, isFolder: Bool, size: Int64) {
        if isFile {
            files.append((name, size))
        } else if isFolder, FileNaming.isPart(folder: name.description) {
            parts.append(name)
        }
    }

    /// The part that somebody was in last and the one after it: the next file is in one of them.
    ///
    /// - Parameter latest: of what was opened below `folder`; nil: nothing.
    func parts(around latest: RelativePath?, in folder: RelativePath) -> [Name] {
        guard let latest, latest.parent != folder,
            let name = latest.components.dropFirst(folder.components.count).first
        else { return [] }
        let sorted = parts.sorted {
            NamedOrder.isBefore($0.description, $1.description)
        }
        guard let place = sorted.firstIndex(of: name) else { return [] }
        return Array(sorted[place...].prefix(2))
    }
}

extension RelativePath {
    /// The folder whose habit a file's open belongs to: the one that it lies in, and where that is named as a part of something, what it
    /// is a part of.
    var habitFolder: RelativePath {
        guard let name = parent.components.last, FileNaming.isPart(folder: name.description)
        else { return parent }
        return parent.parent
    }
}
