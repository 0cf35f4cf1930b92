import Glibc
import Model
import Platform

/// Where a share takes commands: a socket named after its mountpoint.
struct ControlAddress: Hashable, Sendable {
    var directory: String
    var name: String

    var path: String { "\(directory)/\(name)" }

    /// - Parameters:
    ///   - mountpoint: as it was given; not asked, as it may hang.
    ///   - override: the socket's own path, if it was chosen.
    init(mountpoint: String, override: String?) throws(Errno) {
        if let override {
            let absolute = RealPath.lexical(override, from: try RealPath.workingDirectory())
            (directory, name) = RealPath.split(absolute)
            return
        }
        let canonical = try RealPath.resolveParent(mountpoint)
        let digest = MessageDigest.sha256(Array(canonical.utf8)).hexadecimal.prefix(16)
        directory = Self.runtimeDirectory
        name = "slowshare-\(digest).sock"
    }

    private static var runtimeDirectory: String {
        if let chosen = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }),
            chosen.hasPrefix("/"), access(chosen, W_OK) == 0
        {
            return chosen
        }
        return access("/run", W_OK) == 0 ? "/run" : "/tmp"
    }
}
