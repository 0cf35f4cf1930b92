public import Model
import Platform

/// A share's own place in a cache directory, held under a lock for as long as this lives.
///
///     BASE/FORMAT                   "larder cache, format 1"
///     BASE/paths/<id>               what was last seen at a share's path (``KnownShare``)
///     BASE/shares/<id>/SHARE        which share this is, for people
///     BASE/shares/<id>/lock         flock(2), and who holds it
///     BASE/shares/<id>/objects/     one file per object (``ObjectFiles``)
///     BASE/shares/<id>/packs/       small objects together (``PackFiles``)
///     BASE/shares/<id>/index.sqlite
///
/// Directories are 0700 and files 0600: the cache holds what the mount's owner may read, and nobody else.
public struct CacheDirectory: Sendable {
    /// Who serves a share from a cache.
    public struct Holder: Hashable, Sendable {
        public var processID: Int32?
        public var share: String
        public var view: String

        public init(processID: Int32?, share: String, view: String) {
            self.processID = processID
            self.share = share
            self.view = view
        }

        /// "process 123 (view /home/ann/nas)"
        public var name: String {
            processID.map { "process \($0) (view \(view))" } ?? "another process"
        }
    }

    public static let formatLine = "larder cache, format 1"
    private static let formatPrefix = "larder cache, format "

    /// The share's directory: what ``DiskTier`` takes.
    public let path: String
    let base: String
    private let lock: DescriptorReference

    /// Opens or makes the place of a share.
    ///
    /// - Parameters:
    ///   - base: the cache directory that the user named; made, with its parents, if it is missing.
    ///   - shareIdentity: tells shares apart, whatever path they are mounted at.
    ///   - sharePath: for people who look into the directory, and for the message to a second daemon.
    ///   - view: likewise.
    public static func open(
        base: String, shareIdentity: ObjectKey, sharePath: String, view: String
    ) throws(CacheDirectoryError) -> CacheDirectory {
        try makeBase(base)
        // Only now: a directory that was refused is left as it is.
        try close(base)
        let id = String(shareIdentity.hexadecimal.prefix(32))
        let path = "\(base)/shares/\(id)"
        try make("\(base)/shares")
        try make(path)
        let lock = try takeLock(
            path, holder: Holder(processID: Environment.processID, share: sharePath, view: view))
        try attempt(path, "cannot write") { () throws(Errno) in
            try write("\(path)/SHARE", escaped(sharePath) + "\n")
        }
        return CacheDirectory(path: path, base: base, lock: lock)
    }

    // MARK: - The base directory

    private static func makeBase(_ base: String) throws(CacheDirectoryError) {
        try makeParents(base)
        try make(base)
        let format = "\(base)/FORMAT"
        let line: String?
        do throws(Errno) {
            line = try read(format)
        } catch .noSuchFile {
            line = nil
        } catch {
            throw .unusable(path: base, reason: "cannot read FORMAT", error)
        }
        // Where the power failed as it was made, its bytes may be missing, or zeros; nothing was put beside it then.
        guard let line, !line.utf8.allSatisfy({ $0 == 0 }) else {
            guard try isEmpty(base) else { throw .foreign(path: base) }
            try attempt(base, "cannot write FORMAT") { () throws(Errno) in
                try write(format, formatLine + "\n")
                // A directory that came to have something else first would be somebody else's.
                let directory = try FileCalls.open(base, [.readOnly, .directory])
                try FileCalls.synchronize(directory.rawValue)
            }
            return
        }
        let found = line.split(separator: "\n", omittingEmptySubsequences: false).first ?? ""
        if found == formatLine { return }
        if found.hasPrefix(formatPrefix) {
            throw .otherFormat(path: base, found: "format \(found.dropFirst(formatPrefix.count))")
        }
        throw .foreign(path: base)
    }

    /// Whether nothing is in it but what a new file system has, and a FORMAT that is empty.
    private static func isEmpty(_ path: String) throws(CacheDirectoryError) -> Bool {
        do throws(Errno) {
            var reader = DirectoryReader(try FileCalls.open(path, [.readOnly, .directory]))
            while let batch = try reader.next() {
                // A file system of its own, just made, has this one.
                if batch.contains(where: { $0.name != "lost+found" && $0.name != "FORMAT" }) {
                    return false
                }
            }
            return true
        } catch {
            throw .unusable(path: path, reason: "cannot list it", error)
        }
    }

    private static func makeParents(_ path: String) throws(CacheDirectoryError) {
        var parent = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/").dropLast() {
            parent += "/" + part
            do throws(Errno) {
                try FileCalls.makeDirectory(
                    at: FileCalls.workingDirectory, Array(parent.utf8), mode: 0o755)
            } catch .exists {
            } catch {
                throw .unusable(path: path, reason: "cannot make \(parent)", error)
            }
        }
    }

    /// Makes a directory that only its owner may enter; one that is there must be ours.
    static func make(_ path: String) throws(CacheDirectoryError) {
        do throws(Errno) {
            try FileCalls.makeDirectory(
                at: FileCalls.workingDirectory, Array(path.utf8), mode: 0o700)
        } catch .exists {
        } catch {
            throw .unusable(path: path, reason: "cannot make it", error)
        }
        let attributes: FileAttributes
        do throws(Errno) {
            attributes = try FileCalls.attributes(ofPath: path)
        } catch {
            throw .unusable(path: path, reason: "cannot look at it", error)
        }
        guard attributes.isDirectory else { throw .notADirectory(path: path) }
        guard attributes.userID == Environment.userID else {
            throw .notOurs(path: path, owner: attributes.userID)
        }
        guard attributes.mode & 0o022 == 0 else {
            throw .writableByOthers(path: path, mode: attributes.mode)
        }
    }

    /// Takes group's and others' rights away from a directory of ours.
    private static func close(_ path: String) throws(CacheDirectoryError) {
        try attempt(path, "cannot make it private") { () throws(Errno) in
            let directory = try FileCalls.open(path, [.readOnly, .directory])
            if try FileCalls.attributes(of: directory.rawValue).mode & 0o777 != 0o700 {
                try FileCalls.setMode(of: directory.rawValue, 0o700)
            }
        }
    }

    // MARK: - The lock

    private static func takeLock(
        _ path: String, holder: Holder
    ) throws(CacheDirectoryError) -> DescriptorReference {
        let name = "\(path)/lock"
        do throws(Errno) {
            let lock = try FileCalls.open(
                name, [.readWrite, .create, .noFollow, .nonBlocking], mode: 0o600)
            guard try FileLock.tryExclusive(lock.rawValue) else {
                throw Errno.busy
            }
            let text =
                "pid \(holder.processID ?? 0)\nshare \(escaped(holder.share))\n"
                + "view \(escaped(holder.view))\n"
            try FileCalls.setSize(of: lock.rawValue, 0)
            try write(text, to: lock.rawValue)
            return DescriptorReference(lock)
        } catch .busy {
            let text = (try? read(name)) ?? ""
            throw .inUse(path: path, holder: parseHolder(text, share: holder.share))
        } catch {
            throw .unusable(path: path, reason: "cannot lock it", error)
        }
    }

    private static func parseHolder(_ text: String, share: String) -> Holder {
        var holder = Holder(processID: nil, share: share, view: "")
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "pid": holder.processID = Int32(parts[1])
            case "share": holder.share = parts[1]
            case "view": holder.view = parts[1]
            default: break
            }
        }
        return holder
    }

    // MARK: - Small files

    /// Paths may hold newlines; these files have lines.
    private static func escaped(_ text: String) -> String {
        String(text.flatMap { $0 == "\n" ? "\\n" : String($0) })
    }

    /// What a small file begins with. A directory that was open to others may hold anything in place of it: nothing is
    /// waited for.
    static func read(_ path: String, bytesMax: Int = 4096) throws(Errno) -> String {
        let descriptor = try FileCalls.open(path, [.readOnly, .noFollow, .nonBlocking])
        let bytes = try FileContents.read(descriptor.rawValue, bytesMax: bytesMax)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ path: String, _ text: String) throws(Errno) {
        let descriptor = try FileCalls.open(
            path, [.readWrite, .create, .truncate, .noFollow, .nonBlocking], mode: 0o600)
        try write(text, to: descriptor.rawValue)
        try FileCalls.synchronize(descriptor.rawValue)
    }

    private static func write(_ text: String, to descriptor: Int32) throws(Errno) {
        try FileContents.write(descriptor, Array(text.utf8))
    }

    private static func attempt(
        _ path: String, _ reason: String, _ body: () throws(Errno) -> Void
    ) throws(CacheDirectoryError) {
        do throws(Errno) { try body() } catch {
            throw .unusable(path: path, reason: reason, error)
        }
    }
}
