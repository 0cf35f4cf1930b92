import Model
import Platform

/// One part of the daemon that must always answer, whatever the share does: asked on a thread of its own, never twice at
/// once, so that a part that is stuck costs one thread.
final class LifeSign: Sendable {
    private struct State {
        var isAsking = false
        var lastAnswer: Duration?
    }

    private let name: String
    private let clock: any LarderClock
    private let question: @Sendable () -> Bool
    private let state = ConditionMutex(State())

    /// - Parameter question: blocks until there is an answer, perhaps for ever; false is none.
    init(
        _ name: String, clock: any LarderClock = SystemClock(),
        question: @escaping @Sendable () -> Bool
    ) {
        self.name = name
        self.clock = clock
        self.question = question
    }

    /// When it last answered (monotonic).
    var lastAnswer: Duration? { state.withLock { state, _ in state.lastAnswer } }

    /// Asks, unless the last question is still open.
    func ask() {
        let isDue = state.withLock { state, _ in
            defer { state.isAsking = true }
            return !state.isAsking
        }
        guard isDue else { return }
        startThread(name: name) { [self] in
            let answered = question()
            let now = clock.monotonic
            state.withLock { state, condition in
                state.isAsking = false
                if answered { state.lastAnswer = now }
                condition.broadcast()
            }
        }
    }

    /// Asks and waits for the answer, at most for `limit`.
    func answers(within limit: Duration) -> Bool {
        ask()
        return state.wait(timeout: limit) { state, _ in
            state.isAsking ? nil : state.lastAnswer != nil
        }
            ?? false
    }
}

extension LifeSign {
    /// Requests to the view are answered: the kernel is asked for something that it has the daemon answer, which answers
    /// from memory (see `ViewFileSystem.statistics`).
    ///
    /// - Parameters:
    ///   - view: canonical mountpoint.
    ///   - device: of the view's mount, as the mount table has it.
    static func view(_ view: String, device: String?) -> LifeSign {
        LifeSign("life-view") {
            // By path and just for this moment: a descriptor that stays open would keep the view busy.
            do throws(Errno) {
                let root = try FileCalls.open(view, [.directory, .pathOnly])
                _ = try FileCalls.fileSystem(of: root.rawValue)
                return true
            } catch {
                // Perhaps for a good reason.
            }
            // Taken away under its users, who go on with what they have open: no place to ask at, no sign of death.
            guard let table = try? MountTable.current() else { return false }
            return table.entry(at: Array(view.utf8))?.device != device
        }
    }
}
