import Control
import Glibc
import Model
import Platform

/// Takes mounts away: as root by the system call, as anybody else through the set-uid
/// `fusermount3`.
struct Unmounter: Sendable {
    /// A view that is in use by nobody we can see is tried again this often, …
    private static let momentaryTries = 10
    /// … this far apart.
    private static let momentaryPause = Duration.milliseconds(20)

    var userID: UInt32
    /// nil: not installed.
    var fusermount: String?

    static func current() -> Unmounter {
        Unmounter(
            userID: Environment.userID,
            fusermount: ChildProcess.find("fusermount3", searchPath: Environment.variable("PATH")))
    }

    /// - Parameters:
    ///   - view: canonical mountpoint.
    ///   - lazy: also while it is in use; who uses it keeps what is open.
    func unmount(_ view: String, lazy: Bool) throws(CommandError) {
        do throws(Errno) {
            // A process that is just starting or ending holds its parent's files for a moment.
            for _ in 0..<Self.momentaryTries {
                do throws(Errno) {
                    return try attempt(view, lazy: lazy)
                } catch .busy where ViewUsers.find(view).isEmpty {
                    Pause.wait(Self.momentaryPause)
                }
            }
            try attempt(view, lazy: lazy)
        } catch {
            switch error {
            case .busy: throw .failure(ViewUsers.busyMessage(view))
            case .notPermitted, .accessDenied:
                throw .failure("\(view) was mounted by somebody else: only they and root may")
            case .noSuchFile where userID != 0 && fusermount == nil:
                throw .failure("fusermount3 is missing: install the package fuse3")
            case .invalid:
                throw CommandError(.nothingToDo, "\(view) is not mounted")
            default: throw .failure("\(view) cannot be unmounted: \(error.message)")
            }
        }
    }

    private func attempt(_ view: String, lazy: Bool) throws(Errno) {
        if userID == 0 {
            try MountCalls.unmount(view, lazy: lazy)
        } else {
            try callFusermount(view, lazy: lazy)
        }
    }

    private func callFusermount(_ view: String, lazy: Bool) throws(Errno) {
        guard let fusermount else { throw .noSuchFile }
        let flags = lazy ? ["-u", "-z"] : ["-u"]
        let (ending, output) = try ChildProcess.run(fusermount, flags + ["--", view])
        guard ending != .exited(code: 0) else { return }
        // It has one exit code for all failures; what it says comes from strerror(3) or its own
        // list.
        if output.contains("busy") { throw .busy }
        if output.contains("not found in") {
            // It looks for mounts of this user only.
            let entry = try MountTable.current().entry(at: Array(view.utf8))
            throw entry == nil ? .invalid : .notPermitted
        }
        if output.contains("not permitted") || output.contains("denied") { throw .notPermitted }
        throw .ioError
    }
}
