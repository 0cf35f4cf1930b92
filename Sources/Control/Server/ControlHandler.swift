/// Answers requests: the daemon's side of the control socket.
public protocol ControlHandler: Sendable {
    /// Called on the control thread, one request after the other; may block for a moment, and while
    /// it does, other clients wait. It must not wait for the share.
    func handle(_ request: ControlRequest) -> ControlResponse
}
