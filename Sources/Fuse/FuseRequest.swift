import CFuse
import Model
import Synchronization

/// One question of the kernel, waiting for its one answer.
///
/// Any thread may answer, at once or later. The first reply counts: later ones are dropped and return false,
/// so a deadline and a late result need not agree on who wins. A request that is let go without a reply is
/// answered with `EIO`: nothing hangs.
///
/// The answer is written to the kernel before `reply` returns, so bytes need to stay valid no longer.
public final class FuseRequest: Sendable {
    public let caller: FuseCaller
    /// nil where a program asks by itself.
    private let session: SessionCore?
    private let own: OwnRequest?
    private let operation: FuseOperation
    /// Monotonic, nanoseconds; 0 where nobody counts.
    private let arrival: UInt64
    /// Address of the `fuse_req`, 0 once somebody took it to answer. libfuse frees it with the answer, so
    /// it is used only under this lock or by the one who took it.
    private let pending: Mutex<UInt>
    /// Key into the session's interrupt handlers; 0 without one.
    private let interruptToken = Mutex<UInt>(0)

    /// What there is of a request that does not come from the kernel.
    private final class OwnRequest: Sendable {
        struct Interruption {
            var handler: @Sendable () -> Void
        }

        let answer: @Sendable (FuseAnswer) -> Bool
        /// What is to be done when the one who asks gives up.
        let interrupted = Mutex<Interruption?>(nil)

        init(_ answer: @escaping @Sendable (FuseAnswer) -> Bool) {
            self.answer = answer
        }
    }

    /// A request that a program makes by itself, without a kernel between: a file system is asked as the kernel would.
    ///
    /// - Parameter answer: called once, by whoever answers; false stands for a kernel that does not take the answer any more.
    public init(caller: FuseCaller, answer: @escaping @Sendable (FuseAnswer) -> Bool) {
        self.caller = caller
        session = nil
        own = OwnRequest(answer)
        operation = .lookup
        arrival = 0
        // An address that nobody follows.
        pending = Mutex(1)
    }

    init(_ raw: OpaquePointer, _ operation: FuseOperation, session: SessionCore) {
        self.session = session
        own = nil
        self.operation = operation
        arrival = session.metrics == nil ? 0 : FuseMetrics.now
        caller =
            fuse_req_ctx(raw).map { FuseCaller($0.pointee) }
            ?? FuseCaller(userID: 0, groupID: 0, processID: 0, umask: 0)
        pending = Mutex(UInt(bitPattern: raw))
    }

    deinit {
        reply(error: .ioError)
    }

    /// True once an answer was given.
    public var isAnswered: Bool { pending.withLock { $0 == 0 } }

    /// True when the caller does not wait any more (a signal). The request still needs its reply.
    public var isInterrupted: Bool {
        guard own == nil else { return false }
        return pending.withLock { address in
            OpaquePointer(bitPattern: address).map { fuse_req_interrupted($0) != 0 } ?? false
        }
    }

    /// Calls `handler` when the caller is interrupted; at once, on this thread, if that has happened.
    ///
    /// A request has one handler: later ones are ignored. `handler` otherwise runs on a thread of the
    /// session's; it may reply, and must not block. It is not called once an answer was given, but may
    /// run while another thread is giving one.
    public func onInterrupt(_ handler: @escaping @Sendable () -> Void) {
        guard let session else {
            own?.interrupted.withLock { $0 = $0 ?? .init(handler: handler) }
            return
        }
        let token = session.interrupts.withLock { $0.reserve() }
        let isFirst = interruptToken.withLock { current in
            guard current == 0 else { return false }
            current = token
            return true
        }
        guard isFirst else {
            session.interrupts.withLock { $0.remove(token) }
            return
        }
        let registered = pending.withLock { address -> Bool in
            guard let raw = OpaquePointer(bitPattern: address) else { return false }
            // May call back at once, on this thread, under this lock: until the handler is armed below, the
            // callback only takes a note.
            fuse_req_interrupt_func(
                raw, { SessionCore.interrupted($0, token: $1) },
                session.interruptData(token))
            return true
        }
        guard registered else {
            session.interrupts.withLock { $0.remove(token) }
            return
        }
        let fired = session.interrupts.withLock { $0.arm(token, handler) }
        if fired { handler() }
        // A reply by another thread may have missed the handler that was armed after it.
        if isAnswered { session.interrupts.withLock { $0.remove(token) } }
    }

    /// As a signal does it to a process that waits for the kernel; of a request of a program's own.
    public func interrupt() {
        own?.interrupted.withLock { $0.take() }?.handler()
    }

    /// Answers a request of a program's own; nil where it is the kernel's.
    func answerOwn(_ answer: () -> FuseAnswer) -> Bool? {
        guard let own else { return nil }
        let isFirst = pending.withLock { address in
            defer { address = 0 }
            return address != 0
        }
        guard isFirst else { return false }
        own.interrupted.withLock { $0 = nil }
        return own.answer(answer())
    }

    /// Takes the request to answer it; nil when that was done already.
    func take() -> OpaquePointer? {
        let address = pending.withLock { address in
            defer { address = 0 }
            return address
        }
        guard let raw = OpaquePointer(bitPattern: address) else { return nil }
        let token = interruptToken.withLock { $0 }
        if token != 0 { session?.interrupts.withLock { $0.remove(token) } }
        return raw
    }

    /// Before the answer goes out: who has got it finds it counted.
    func count(_ outcome: FuseMetrics.Outcome) {
        session?.metrics?.answered(operation, outcome, since: arrival)
    }
}
