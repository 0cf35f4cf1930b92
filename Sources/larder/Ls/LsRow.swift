import Control
import FoundationEssentials
import Model

/// A file or folder as `larder ls` shows it.
struct LsRow: Encodable, Equatable {
    /// Below the path that was asked for; empty for that itself. As text: broken sequences become U+FFFD.
    var path: String
    /// `file`, `folder`, `link`, `other`, `unknown`.
    var kind: String
    /// Of a folder: of the files below it that are known. nil where that is not known.
    var sizeBytes: Int64?
    var cachedBytes: Int64
    var memoryBytes: Int64
    var diskBytes: Int64
    var storageBytes: Int64
    /// Of a file.
    var contentType: String?
    /// Of a folder: files below it that are known, and those of which something is cached.
    var files: Int?
    var cachedFiles: Int?
    /// Of a folder: all names below it are known.
    var isWhole: Bool?

    init(_ node: ContentsTree.Node, shownAs shown: [Name]) {
        self.path = RelativePath(shown).components.isEmpty ? "" : "\(RelativePath(shown))"
        cachedBytes = node.figures.cached
        memoryBytes = node.figures.memory
        diskBytes = node.figures.disk
        storageBytes = node.figures.storage
        switch node.kind {
        case .file:
            kind = "file"
            sizeBytes = node.size
            contentType = node.contentType?.text
        case .folder:
            kind = "folder"
            sizeBytes = node.size
            (files, cachedFiles, isWhole) = (node.files, node.cachedFiles, node.isWhole)
        case .link: kind = "link"
        case .other: kind = "other"
        case .unknown: kind = "unknown"
        }
    }

    /// nil where there is nothing to be had a part of, or not all of it is known.
    var percent: Int? {
        guard let sizeBytes, sizeBytes > 0, isWhole != false else { return nil }
        // Never 100 while something is missing.
        return Int(Double(min(cachedBytes, sizeBytes)) / Double(sizeBytes) * 100)
    }

    /// `memory, disk, storage`.
    var tiers: String {
        let found = [("memory", memoryBytes), ("disk", diskBytes), ("storage", storageBytes)]
        return found.filter { $0.1 > 0 }.map(\.0).joined(separator: ", ")
    }
}

extension ContentType {
    /// As people and programs read it.
    var text: String {
        switch self {
        case .media: "media"
        case .metadata: "metadata"
        case .thumbnail: "thumbnail"
        case .config: "config"
        case .userData: "user data"
        }
    }
}

/// Rows as a table.
enum LsText {
    /// - Parameter name: of what has no name below the path that was asked for.
    static func table(_ rows: [LsRow], name: String = "") -> TextTable {
        TextTable(
            header: ["size", "cached", "%", "tiers", "type", "name"],
            rows: rows.map { row in
                let isFolder = row.kind == "folder"
                let size = row.sizeBytes.map { bytes in
                    ByteCount(bytes).description + (row.isWhole == false ? "+" : "")
                }
                let shown = row.path.isEmpty ? name : row.path
                return [
                    size ?? "-",
                    row.cachedBytes > 0 ? ByteCount(row.cachedBytes).description : "-",
                    row.percent.map { "\($0)" } ?? "-", row.tiers.isEmpty ? "-" : row.tiers,
                    row.contentType ?? row.kind, shown.printable + (isFolder ? "/" : ""),
                ]
            }, wordColumns: [3, 4, 5])
    }

    /// `12 files, 4 of them cached: 1.20 GiB of 5.00 GiB (24 %)`.
    static func summary(_ row: LsRow) -> String {
        let (files, cached) = (row.files ?? 0, row.cachedFiles ?? 0)
        let size = row.sizeBytes.map { "\(ByteCount($0))" } ?? "-"
        let percent = row.percent.map { " (\($0) %)" } ?? ""
        let known = row.isWhole == false ? ", as far as names are known" : ""
        return "\(StatusText.count(files, "file")), of \(StatusText.grouped(cached)) something is"
            + " cached: \(ByteCount(row.cachedBytes)) of \(size)\(percent)\(known)"
    }
}
