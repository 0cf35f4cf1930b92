import Model

/// Error numbers by the names that manual pages use.
enum ErrorNames {
    private static let names: [(String, Int32)] = [
        ("EPERM", 1), ("ENOENT", 2), ("EINTR", 4), ("EIO", 5), ("ENXIO", 6), ("EBADF", 9),
        ("EAGAIN", 11), ("ENOMEM", 12), ("EACCES", 13), ("EBUSY", 16), ("EEXIST", 17),
        ("EXDEV", 18), ("ENODEV", 19), ("ENOTDIR", 20), ("EISDIR", 21), ("EINVAL", 22),
        ("ENFILE", 23), ("EMFILE", 24), ("EFBIG", 27), ("ENOSPC", 28), ("EROFS", 30),
        ("EMLINK", 31), ("ERANGE", 34), ("ENAMETOOLONG", 36), ("ENOLCK", 37), ("ENOSYS", 38),
        ("ENOTEMPTY", 39), ("ELOOP", 40), ("ENODATA", 61), ("EPROTO", 71), ("EBADMSG", 74),
        ("EOVERFLOW", 75),
        ("EOPNOTSUPP", 95), ("ENETDOWN", 100), ("ENETUNREACH", 101), ("ECONNABORTED", 103),
        ("ECONNRESET", 104), ("ENOTCONN", 107), ("ETIMEDOUT", 110), ("ECONNREFUSED", 111),
        ("EHOSTDOWN", 112), ("EHOSTUNREACH", 113), ("ESTALE", 116), ("EREMOTEIO", 121),
        ("EDQUOT", 122),
    ]

    /// - Parameter text: a name in upper or lower case, or a number from 1 to 511.
    static func error(named text: String) -> Errno? {
        if let number = Int32(text) {
            return (1...511).contains(number) ? Errno(rawValue: number) : nil
        }
        let wanted = text.uppercased()
        return names.first { $0.0 == wanted }.map { Errno(rawValue: $0.1) }
    }

    /// The name, or the number where we have none.
    static func name(of error: Errno) -> String {
        names.first { $0.1 == error.rawValue }?.0 ?? "\(error.rawValue)"
    }
}
