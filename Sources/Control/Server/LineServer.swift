public import Model
public import Platform

import Synchronization

/// Answers lines on a Unix socket: one thread, a bounded number of clients, only those who may.
///
/// Whoever comes is accepted at once; when there is no place left, who has been silent longest makes room
/// (``LineClients``). A client that sends too long a line, takes too long to send or to read, or is neither the server's
/// user nor root is disconnected.
public final class LineServer: Sendable {
    /// Places. What people and scripts of one machine ask at the same time is a handful; a place costs a descriptor.
    public static let clientsMax = 64
    /// For a request to be complete, and for its answer to be taken.
    public static let idleMax = Duration.seconds(10)
    /// Kept for all clients together: requests that are not complete, answers that are not taken. Two of the largest answers.
    public static let bytesMax = 32 << 20
    /// Connections that the kernel keeps until they are accepted, which takes no longer than one answer.
    static let backlogMax: Int32 = 128

    public struct Limits: Sendable {
        public var requestBytesMax: Int
        public var idleMax = LineServer.idleMax
        public var clientsMax = LineServer.clientsMax
        public var bytesMax = LineServer.bytesMax
        /// Hang up behind the first answer.
        public var answersOnce = false

        public init(requestBytesMax: Int) {
            self.requestBytesMax = requestBytesMax
        }
    }

    /// Held by the server and its thread.
    private struct State {
        var stopped = false
        /// How often the thread has answered to ``LineServerLoop/Word/answer``.
        var answers: UInt64 = 0
    }

    private let wake: Pipe
    private let guarded: ConditionMutex<State>

    /// Binds the socket and starts the thread.
    ///
    /// - Parameters:
    ///   - directory: descriptor of the directory that gets the socket; private to its owner.
    ///   - answer: from a line to the bytes sent back, never empty; called on the server's thread.
    public convenience init(
        in directory: Int32, name: String, limits: Limits,
        clock: any LarderClock = SystemClock(),
        answer: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) throws(Errno) {
        try self.init(
            in: directory, name: name, limits: limits, clock: clock, accept: nil, answer: answer)
    }

    /// - Parameter accept: in place of accept(2), for tests of its failures.
    init(
        in directory: Int32, name: String, limits: Limits, clock: any LarderClock,
        accept: (@Sendable (Int32) throws(Errno) -> FileDescriptor)?,
        answer: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) throws(Errno) {
        let listener = DescriptorReference(
            try UnixSocket.listen(in: directory, name: name, backlog: Self.backlogMax))
        wake = try Pipe()
        let guarded = ConditionMutex(State())
        self.guarded = guarded
        var made = LineServerLoop(
            listener: listener, wake: wake.reading, limits: limits, clock: clock,
            answered: {
                guarded.withLock { state, condition in
                    state.answers += 1
                    condition.broadcast()
                }
            }, answer: answer)
        if let accept { made.accept = accept }
        let start = made
        startThread(name: "control") {
            var loop = start
            loop.run()
            guarded.withLock { state, condition in
                state.stopped = true
                condition.broadcast()
            }
        }
    }

    /// Closes every connection and ends the thread; returns when it has ended. A request that is
    /// being answered is finished first.
    public func stop() {
        tell(LineServerLoop.Word.stop)
        guarded.wait { state, _ in state.stopped ? () : nil }
    }

    /// Waits until the thread has got round to answering this; for as long as it is busy or stuck. No client is needed
    /// for it, so no number of clients can keep it from happening.
    ///
    /// - Returns: false when the server was stopped.
    public func answers() -> Bool {
        let before = guarded.withLock { state, _ in state.answers }
        tell(LineServerLoop.Word.answer)
        return guarded.wait { state, _ in
            state.answers > before ? true : state.stopped ? false : nil
        }
    }

    private func tell(_ word: UInt8) {
        guard let writing = wake.writing else { return }
        do {
            try FileContents.write(writing.rawValue, [word])
        } catch {
            // The pipe is ours and nearly empty: it takes one byte.
        }
    }
}
