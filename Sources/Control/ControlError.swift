public import Model

/// What goes wrong between the `larder` command and a daemon.
public enum ControlError: Error, Hashable, Sendable {
    case runtimeDirectory(path: String, reason: String, Errno)
    /// A daemon for this view runs already.
    case claimed(RegistryEntry?)
    case registry(String, Errno)
    case socket(String, Errno)
    /// The view belongs to this user, who is not us; nor are we root.
    case notOwner(UInt32)
    /// Nobody listens there.
    case notRunning
    case noAnswer(within: Duration)
    case badAnswer(String)
}

extension ControlError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .runtimeDirectory(let path, let reason, let error):
            "the runtime directory \(path) \(reason) (\(error.message));"
                + " remove it, or name another with \(RuntimeDirectory.overrideVariable)"
        case .claimed(let entry?):
            "\(entry.view) is served by larder already: process \(entry.pid), share \(entry.share)"
        case .claimed(nil):
            "another larder is just starting or ending at this view; try again in a moment"
        case .registry(let name, let error):
            "the registry entry \(name) cannot be written: \(error.message)"
        case .socket(let name, let error):
            "the control socket \(name) does not work: \(error.message)"
        case .notOwner(let owner):
            "the view was mounted by user \(owner): only they and root may do that"
        case .notRunning:
            "no larder answers for this view; if it crashed, `larder unmount` cleans up behind it"
        case .noAnswer(let time):
            "larder did not answer within \(time.text); it hangs, or has very much to do"
        case .badAnswer(let reason):
            "larder's answer was not understood (\(reason)); is another version running?"
        }
    }
}
