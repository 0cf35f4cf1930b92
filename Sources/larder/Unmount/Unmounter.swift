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

    /// Why an attempt did not work.
    private enum Refusal: Error {
        case errno(Errno)
        /// `fusermount3` said something that stands for no error number that we know.
        case said(String)
    }

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
        do throws(Refusal) {
            // A process that is just starting or ending holds its parent's files for a moment.
            for _ in 0..<Self.momentaryTries {
                do throws(Refusal) {
                    return try attempt(view, lazy: lazy)
                } catch .errno(.busy) where ViewUsers.find(view).isEmpty {
                    Pause.wait(Self.momentaryPause)
                }
            }
            try attempt(view, lazy: lazy)
        } catch {
            throw message(error, view)
        }
    }

    private func message(_ refusal: Refusal, _ view: String) -> CommandError {
        switch refusal {
        case .errno(.busy): .failure(ViewUsers.busyMessage(view))
        case .errno(.notPermitted), .errno(.accessDenied):
            .failure("\(view) was mounted by somebody else: only they and root may")
        case .errno(.noSuchFile) where userID != 0 && fusermount == nil:
            .failure("fusermount3 is missing: install the package fuse3")
        case .errno(.invalid): CommandError(.nothingToDo, "\(view) is not mounted")
        case .errno(let error): .failure("\(view) cannot be unmounted: \(error.message)")
        case .said(let words): .failure("\(view) cannot be unmounted; fusermount3 says: \(words)")
        }
    }

    private func attempt(_ view: String, lazy: Bool) throws(Refusal) {
        let said: String?
        do throws(Errno) {
            if userID == 0 {
                try MountCalls.unmount(view, lazy: lazy)
                return
            }
            said = try callFusermount(view, lazy: lazy)
        } catch {
            throw .errno(error)
        }
        if let said { throw .said(said) }
    }

    /// - Returns: what it said, where that is no error that we know; nil when it did its work.
    private func callFusermount(_ view: String, lazy: Bool) throws(Errno) -> String? {
        guard let fusermount else { throw .noSuchFile }
        let flags = lazy ? ["-u", "-z"] : ["-u"]
        let (ending, output) = try ChildProcess.run(fusermount, flags + ["--", view])
        guard ending != .exited(code: 0) else { return nil }
        // It has one exit code for all failures; what it says comes from strerror(3) or its own
        // list.
        if output.contains("busy") { throw .busy }
        if output.contains("not found in") {
            // It looks for mounts of this user only.
            let entry = try MountTable.current().entry(at: Array(view.utf8))
            throw entry == nil ? .invalid : .notPermitted
        }
        if output.contains("not permitted") || output.contains("denied") { throw .notPermitted }
        return Self.words(output, ending)
    }

    /// The lines of `fusermount3`, without its name before each.
    private static func words(_ output: String, _ ending: ChildProcess.Ending) -> String {
        let lines = output.split(whereSeparator: \.isNewline).map { line in
            let hasName = line.contains("fusermount3: ")
            let words = hasName ? line.split(separator: "fusermount3: ").last ?? line : line
            return String(words).printable
        }
        guard lines.isEmpty else { return lines.joined(separator: "; ") }
        switch ending {
        case .exited(let code): return "nothing, and ended with exit code \(code)"
        case .killed(let signal): return "nothing, and was ended by signal \(signal)"
        }
    }
}
