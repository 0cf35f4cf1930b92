import Fuse
import Model
import Share

/// Makes files in the name of the program that asked, with its umask.
struct CallerIdentity: ActingIdentity {
    var caller: FuseCaller

    func act<Value>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value {
        try caller.actingAsCaller(body)
    }
}
