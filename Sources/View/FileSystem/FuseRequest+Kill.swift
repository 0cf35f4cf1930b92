import Fuse
import Model
import Platform

extension FuseRequest {
    /// From here on the request may wait for the share: a caller that is killed meanwhile is let go.
    ///
    /// The kernel tells of every signal, also of those that the caller handles, and a read of a file that fails
    /// with `EINTR` would surprise it: only a caller whose end is decided gets that answer (`hard,intr` of NFS).
    func endsWhenCallerIsKilled() {
        guard !isAnswered, caller.processID != 0 else { return }
        onInterrupt { [weak self] in
            guard let self, SignalState.isBeingKilled(thread: self.caller.processID) else { return }
            self.reply(error: .interrupted)
        }
    }
}
