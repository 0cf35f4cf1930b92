import Model
import Platform

/// The file that this process runs, for starting another one of it.
enum OwnProgram {
    /// By its own path, so that `ps` and `pgrep` show `larder`; through `/proc` when it was
    /// replaced or removed since we were started.
    static var path: String {
        let link = "/proc/self/exe"
        guard
            let target = try? FileCalls.readLink(at: FileCalls.workingDirectory, Name(link)),
            let path = String(validating: target, as: UTF8.self),
            let named = try? FileCalls.attributes(ofPath: path),
            let running = try? FileCalls.attributes(ofPath: link),
            named.inode == running.inode, named.device == running.device
        else { return link }
        return path
    }
}
