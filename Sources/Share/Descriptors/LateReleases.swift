import Model
import Synchronization

/// Files of which a descriptor was closed a moment ago, so that a FUSE file system may not have heard of it yet.
///
/// The kernel tells it of a close without waiting for an answer. libfuse renames a file that is open when its name is taken
/// (`.fuse_hidden…`) and removes it with the last release; a release that it handles between its look at the file and the end of
/// that rename is missed (`hide_node` and `fuse_do_release` of its `lib/fuse.c`), and the hidden file stays for good. Both are
/// handled by threads of its own, so that the order in which they were sent does not help. So whoever is about to take the name
/// of such a file asks the server something that is not answered from memory first: by the time of the answer the release, which
/// waits for nothing, has long been handled.
///
/// Bounded: beyond ``pathsMax`` every name is taken for one of them, until the next question.
final class LateReleases: Sendable {
    private struct State: Sendable {
        var paths: Set<RelativePath> = []
        var isFull = false
    }

    static let pathsMax = 1024

    private let state = Mutex(State())

    func closed(_ path: RelativePath) {
        state.withLock { state in
            guard !state.isFull else { return }
            state.paths.insert(path)
            if state.paths.count > Self.pathsMax { state = State(isFull: true) }
        }
    }

    /// Asks the share before a name goes, where something that had it was closed since it was last asked.
    ///
    /// - Parameter ask: answered by the server; what goes wrong with it is left for the change itself to find.
    func settle(_ path: RelativePath, ask: () -> Void) {
        let mustAsk = state.withLock { state -> Bool in
            guard state.isFull || state.paths.contains(path) else { return false }
            state = State()
            return true
        }
        if mustAsk { ask() }
    }
}
