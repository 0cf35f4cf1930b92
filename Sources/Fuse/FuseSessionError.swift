public import Model

/// Why a session could not be made, mounted or run. `description` is fit for the person who mounts.
public enum FuseSessionError: Error, Hashable, Sendable {
    /// An option that neither libfuse nor the kernel knows.
    case options(String)
    case mount(path: String, reason: String)
    /// The connection to the kernel broke.
    case loop(Errno)
}

extension FuseSessionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .options(let text):
            text.isEmpty ? "libfuse refused the mount options" : text
        case .mount(let path, let reason):
            // fusermount3, which mounts for ordinary users, writes its reason to standard error itself.
            reason.isEmpty
                ? "cannot mount at \(path): see the message of fusermount3 above"
                : "cannot mount at \(path): \(reason)"
        case .loop(let errno):
            "reading from /dev/fuse failed with error \(errno.rawValue)"
        }
    }
}
