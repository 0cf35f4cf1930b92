import Glibc
import Model
import Synchronization
import TestSupport

/// Runs `body` on a thread of its own, away from the pool that Swift's tests run on.
func startTestThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let failure = pthread_create(
        &thread, nil,
        { pointer in
            pointer.map { Unmanaged<Box>.fromOpaque($0).takeRetainedValue().body() }
            return nil
        }, box.toOpaque())
    precondition(failure == 0, "no more threads")
    pthread_detach(thread)
}

/// Gives the thread that calls it descriptors of its own, until it ends. What it opens then, programs that are started
/// meanwhile do not close: closing waits for what is being written.
func separateDescriptors() throws {
    typealias Unshare = @convention(c) (Int32) -> Int32
    // `unshare(2)` is not in Swift's Glibc module; 0x400 is `CLONE_FILES`.
    guard let symbol = dlsym(nil, "unshare") else { throw Errno(rawValue: ENOSYS) }
    _ = try Calls.check { unsafeBitCast(symbol, to: Unshare.self)(0x400) }
}

/// Bodies that run at the same time, each on a thread of its own.
final class TestThreads: Sendable {
    private struct State {
        var running: Int
        var failure: (any Error)?
        var isStopping = false
    }

    private let state: Mutex<State>

    /// - Parameter body: gets its number. Bodies that loop ask ``isStopping``.
    init(_ count: Int, _ body: @escaping @Sendable (TestThreads, Int) throws -> Void) {
        state = Mutex(State(running: count))
        for index in 0..<count {
            startTestThread { [self] in
                let result = Result { try body(self, index) }
                state.withLock { state in
                    state.running -= 1
                    if case .failure(let error) = result, state.failure == nil {
                        state.failure = error
                    }
                }
            }
        }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func stop() {
        state.withLock { $0.isStopping = true }
    }

    /// Waits for all. - Throws: the first error of a body.
    func join(within seconds: Double = 120) throws {
        try waitUntil("the threads of the test have ended", within: seconds, poll: 0.005) {
            state.withLock { $0.running == 0 }
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }
}
