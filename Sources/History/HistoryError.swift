public import Model

import Platform

/// Why the history cannot be opened, asked or added to. Descriptions say what, which path, and what to do.
public enum HistoryError: Error, Hashable, Sendable {
    /// A later Larder made the file: it is left alone.
    case newerFormat(path: String, version: Int64)
    /// The directory belongs to somebody else, or others may write to it.
    case notOurs(path: String, owner: UInt32, mode: UInt32)
    /// A symbolic link lies where a file of the history should.
    case foreignLink(path: String)
    /// A call on the directory failed.
    case unusable(path: String, reason: String, Errno)
    /// The file is broken. The next change sets it aside and begins a new one.
    case damaged(reason: String)
    /// No room on the file system.
    case full
    case readOnly
    /// Another process holds the file for longer than was waited for. What was to be forgotten is gone from all answers, but
    /// remains of it may be in the file's log: ask again.
    case busy
    /// SQLite or the disk failed otherwise.
    case failed(reason: String)
    /// ``SQLiteHistory/close()`` was called.
    case closed

    init(_ error: SQLiteError) {
        switch error.code {
        case .full: self = .full
        case .readOnly: self = .readOnly
        case .busy: self = .busy
        case .corrupt, .notADatabase, .misuse: self = .damaged(reason: error.description)
        case .ioError, .cannotOpen, .outOfMemory, .other: self = .failed(reason: error.description)
        }
    }
}

extension HistoryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .newerFormat(let path, let version):
            "\(path) was made by a later Larder (format \(version)); it was left untouched. "
                + "Use that Larder, or move the file away to begin a new history"
        case .notOurs(let path, let owner, let mode):
            "\(path) belongs to user \(owner) and has mode \(String(mode & 0o7777, radix: 8)): "
                + "a history is kept only where nobody else can write"
        case .foreignLink(let path):
            "\(path) is a symbolic link; nothing is written through it. Remove it"
        case .unusable(let path, let reason, let error):
            "cannot keep a history in \(path): \(reason): \(error.message). "
                + "Check its permissions and its file system"
        case .damaged(let reason): "the history is damaged: \(reason)"
        case .full: "no room for the history on its file system"
        case .readOnly: "the history's file system is read-only"
        case .busy: "another process holds the history"
        case .failed(let reason): "the history failed: \(reason)"
        case .closed: "the history is closed"
        }
    }
}
