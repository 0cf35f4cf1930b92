public import Model

/// Why a file that somebody named is not written or read: what, which path, what to do.
public enum FileRefusal: Error, Hashable, Sendable {
    /// What a system call said.
    case failed(path: String, Errno)
    case symbolicLink(path: String)
    /// A symbolic link on the way, of another user's.
    case foreignLink(path: String, owner: UInt32)
    /// nil: of a kind that has no name here.
    case notRegular(path: String, FileKind?)
    case foreign(path: String, owner: UInt32)
    /// The file has other names too.
    case linked(path: String)
    case nobodyReads(path: String)
    case nobodyWrites(path: String, within: Duration)

    /// The file that is refused, or the link that leads to it.
    public var path: String {
        switch self {
        case .failed(let path, _), .symbolicLink(let path), .foreignLink(let path, _),
            .notRegular(let path, _), .foreign(let path, _), .linked(let path),
            .nobodyReads(let path), .nobodyWrites(let path, _):
            path
        }
    }
}

extension FileRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .failed(let path, .exists):
            "\(path) exists already; remove it or name another file"
        case .failed(let path, let error): "\(path): \(error.message)"
        case .symbolicLink(let path):
            "\(path) is a symbolic link, which is not followed; name the file itself"
        case .foreignLink(let path, let owner):
            "\(path) is a symbolic link of user \(owner), which is not followed;"
                + " name the file without it"
        case .notRegular(let path, let kind):
            "\(path) is \(Self.text(kind)); name a regular file"
        case .foreign(let path, let owner):
            "\(path) belongs to user \(owner); name a file of your own, or a new one"
        case .linked(let path):
            "\(path) has other names too (hard links); remove it or name another file"
        case .nobodyReads(let path):
            "\(path) is a FIFO that nobody reads; start the reader first, or name a file"
        case .nobodyWrites(let path, let time):
            "\(path) is a FIFO into which nobody has written within \(time.text);"
                + " start the writer first, or name a file"
        }
    }

    private static func text(_ kind: FileKind?) -> String {
        switch kind {
        case .fifo: "a FIFO"
        case .characterDevice, .blockDevice: "a device"
        case .directory: "a directory"
        case .symbolicLink: "a symbolic link"
        case .socket: "a socket"
        case .regular, nil: "no regular file"
        }
    }
}
