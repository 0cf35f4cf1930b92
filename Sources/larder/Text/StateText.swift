import Control

extension StatusReport.State {
    /// As people read it.
    var text: String {
        switch self {
        case .ok: "ok"
        case .shareUnreachable: "share unreachable"
        case .cacheDegraded: "cache degraded"
        }
    }
}
