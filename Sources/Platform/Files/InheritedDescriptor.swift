public import Model

import Glibc

/// `/dev/stdin`, `/dev/stdout`, `/dev/stderr`, `/dev/fd/N`, `/proc/self/fd/N`: descriptors by name, which the person has
/// opened already. They are used as they are: what they lead to is nobody else's choice.
public enum InheritedDescriptor {
    /// - Returns: the number; nil for other paths.
    public static func number(ofPath path: String) -> Int32? {
        switch path {
        case "/dev/stdin": return 0
        case "/dev/stdout": return 1
        case "/dev/stderr": return 2
        default: break
        }
        for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
            let digits = path.dropFirst(folder.count)
            guard !digits.isEmpty, digits.allSatisfy(\.isNumber) else { return nil }
            return Int32(digits)
        }
        return nil
    }

    /// Another descriptor of what `path` names.
    ///
    /// - Returns: nil where `path` names none of these.
    /// - Throws: `EBADF` for one that is closed, or that this process has opened itself: those are closed on exec, and
    ///   what was inherited is not.
    public static func duplicate(_ path: String) throws(Errno) -> FileDescriptor? {
        guard let number = number(ofPath: path) else { return nil }
        let flags = try systemCall { fcntl(number, F_GETFD) }
        guard flags & FD_CLOEXEC == 0 else { throw .badDescriptor }
        return try FileCalls.duplicate(number)
    }
}
