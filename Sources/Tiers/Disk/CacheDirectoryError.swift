public import Model

import Platform

/// Why a cache directory cannot be used. Descriptions say what, which path, and what to do.
public enum CacheDirectoryError: Error, Hashable, Sendable {
    /// Not empty, and not made by Larder.
    case foreign(path: String)
    /// Made by a Larder that writes another format.
    case otherFormat(path: String, found: String)
    /// Another daemon serves the same share from the same cache.
    case inUse(path: String, holder: CacheDirectory.Holder)
    /// Belongs to somebody else: its bytes could be exchanged under us.
    case notOurs(path: String, owner: UInt32)
    /// Others can write to it, and may have: what is in it cannot be trusted.
    case writableByOthers(path: String, mode: UInt32)
    case notADirectory(path: String)
    /// A call on it failed.
    case unusable(path: String, reason: String, Errno)
    /// SQLite cannot open or make the index.
    case index(path: String, reason: String)
}

extension CacheDirectoryError: CustomStringConvertible {
    public var description: String { text(option: "cache") }

    /// - Parameter option: by which people choose another directory.
    public func text(option: String) -> String {
        switch self {
        case .foreign(let path):
            "\(path) is not empty and was not made by Larder; it was left untouched. "
                + "Name an empty or new directory with -o \(option)=DIR"
        case .otherFormat(let path, let found):
            "\(path) holds a cache of another format (\(found)); it was left untouched. "
                + "Use the Larder that made it, or name another directory with -o \(option)=DIR"
        case .inUse(let path, let holder):
            "\(holder.share) is already served from the \(option) directory \(path) by \(holder.name). "
                + "Unmount that view first, or name another directory with -o \(option)=DIR"
        case .notOurs(let path, let owner):
            "\(path) belongs to user \(owner). Name a directory of your own with -o \(option)=DIR"
        case .writableByOthers(let path, let mode):
            "others may write to \(path) (mode \(String(mode & 0o7777, radix: 8))). If nobody did, "
                + "`chmod go-w` it; else remove it, or name another directory with -o \(option)=DIR"
        case .notADirectory(let path):
            "\(path) is not a directory. Name a directory with -o \(option)=DIR"
        case .unusable(let path, let reason, let error):
            "cannot use the \(option) directory \(path): \(reason): \(error.message). "
                + "Check its permissions and its file system, or name another with -o \(option)=DIR"
        case .index(let path, let reason):
            "cannot open the index in \(path): \(reason). "
                + "Check its permissions and the room on its file system"
        }
    }
}
