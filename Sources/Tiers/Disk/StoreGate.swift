import Model
import Synchronization

/// Keeps what was read of a file before it changed from being stored behind the removal of what was stored of it: for bytes that come
/// through no version that the view knows of, and could supersede.
///
/// Whoever fetches them enters before he asks the share, and stores in ``use(_:_:)``, which does nothing once a removal has
/// been noted that may be about his file. A removal is noted before it is queued. Threads: any; waits for nothing.
public final class StoreGate: Sendable {
    public struct Pass: Hashable, Sendable {
        fileprivate var number: UInt64
    }

    private struct Entry: Sendable {
        var path: RelativePath
        var isVoid = false
    }

    private struct State: Sendable {
        var last: UInt64 = 0
        /// As many as chunks are under way.
        var entries: [UInt64: Entry] = [:]
    }

    private let state = Mutex(State())

    func enter(_ path: RelativePath) -> Pass {
        state.withLock { state in
            state.last += 1
            state.entries[state.last] = Entry(path: path)
            return Pass(number: state.last)
        }
    }

    /// - Parameter body: queues what is to be stored; waits for nothing. Called under a lock, so that no removal comes between.
    func use(_ pass: Pass, _ body: () -> Void) {
        state.withLock { state in
            guard state.entries[pass.number]?.isVoid == false else { return }
            body()
        }
    }

    /// - Returns: whether nothing was removed meanwhile.
    func leave(_ pass: Pass) -> Bool {
        state.withLock { $0.entries.removeValue(forKey: pass.number)?.isVoid == false }
    }

    func note(_ removal: Removal) {
        state.withLock { state in
            for (number, entry) in state.entries where removal.mayConcern(entry.path) {
                state.entries[number]?.isVoid = true
            }
        }
    }
}

extension Removal {
    fileprivate func mayConcern(_ path: RelativePath) -> Bool {
        switch self {
        case .file(let removed): path == removed
        case .folder(let removed): path.components.starts(with: removed.components)
        // Whichever their path.
        case .versions, .everything: true
        }
    }
}
