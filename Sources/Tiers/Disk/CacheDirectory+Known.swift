import FoundationEssentials
import Model
import Platform
public import Share

/// What was last seen at a share's path, by which its cache is found while the share is not there: which share lies at a path is
/// told by its mount.
///
///     BASE/paths/<first half of the path's SHA-256>
///
/// Two lines: the SHA-256 of the second one, and the record as JSON.
extension CacheDirectory {
    private struct Record: Codable {
        /// The directory below `shares`.
        var id: String
        var share: KnownShare
    }

    /// More than a path of `PATH_MAX` and its mount take.
    private static let recordBytesMax = 128 << 10

    /// What was last seen at `sharePath`, by whoever used this cache. Nil as well where nothing is cached of that any more, and
    /// where the record is damaged. Blocks for the local disk; changes nothing.
    public static func known(base: String, sharePath: String) -> KnownShare? {
        guard
            let format = try? read("\(base)/FORMAT"), format == formatLine + "\n",
            let text = try? read(recordPath(base, sharePath), bytesMax: recordBytesMax)
        else { return nil }
        let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard lines.count == 2, lines[1].hasSuffix("\n") else { return nil }
        let json = Array(lines[1].dropLast().utf8)
        guard MessageDigest.sha256(json).hexadecimal == lines[0],
            let record = try? JSONDecoder().decode(Record.self, from: Data(json)),
            record.share.path == sharePath,
            (try? FileCalls.attributes(ofPath: "\(base)/shares/\(record.id)"))?.isDirectory == true
        else { return nil }
        return record.share
    }

    /// Notes what the share is whose place this is, instead of what was at its path before. Blocks for the local disk.
    public func remember(_ share: KnownShare) throws(CacheDirectoryError) {
        let paths = "\(base)/paths"
        let name = Self.recordPath(base, share.path)
        try Self.make(paths)
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let record = Record(id: RealPath.split(path).last, share: share)
            let json = Array(try encoder.encode(record))
            let text =
                MessageDigest.sha256(json).hexadecimal + "\n"
                + String(decoding: json, as: UTF8.self) + "\n"
            try Self.write("\(name).new", text)
            try FileCalls.rename(
                at: FileCalls.workingDirectory, Array("\(name).new".utf8), to: Array(name.utf8))
        } catch {
            throw .unusable(
                path: paths, reason: "cannot write", error as? Errno ?? .ioError)
        }
    }

    private static func recordPath(_ base: String, _ sharePath: String) -> String {
        let id = MessageDigest.sha256(Array(sharePath.utf8)).hexadecimal.prefix(32)
        return "\(base)/paths/\(id)"
    }
}
