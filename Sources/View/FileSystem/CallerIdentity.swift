import Fuse
import Model
import Share

/// Makes files in the name of the program that asked, with its umask.
struct CallerIdentity: ActingIdentity {
    private let caller: FuseCaller

    /// - Parameter keepsDaemon: the files are to be the daemon's own; of the caller only the umask counts.
    init(caller: FuseCaller, keepsDaemon: Bool) {
        self.caller = keepsDaemon ? .daemon(umask: caller.umask) : caller
    }

    func act<Value>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value {
        try caller.actingAsCaller(body)
    }
}
