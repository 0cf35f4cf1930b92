import Model
import Platform
import View

/// Threads that read files of a view for nothing but that they are cached then. Threads: any may ask.
///
/// Past the kernel's page cache, in pieces, a few at a time; the threads' name tells the daemon what they are
/// (``ViewFileSystem/warmingThread``).
final class WarmReaders: Sendable {
    private struct State {
        var queue = WarmQueue()
        var files: [Int: DescriptorReference] = [:]
        var threads = 0
    }

    private let guarded = ConditionMutex(State())

    init() {
        guarded.withLock { state, _ in state.threads = WarmQueue.filesMax }
        for _ in 0..<WarmQueue.filesMax {
            startThread(name: ViewFileSystem.warmingThread) { [self] in run() }
        }
    }

    var figures: WarmQueue.Figures { guarded.withLock { state, _ in state.queue.figures } }
    var failures: [WarmQueue.Failure] { guarded.withLock { state, _ in state.queue.failures } }
    /// What is read now.
    var current: [UInt8] { guarded.withLock { state, _ in state.queue.current } }
    var hasEnded: Bool { guarded.withLock { state, _ in state.queue.hasEnded } }

    // MARK: - What is found

    /// Waits while too many wait. - Returns: false when nobody reads any more.
    func add(_ entry: WarmQueue.Entry) -> Bool {
        guarded.wait { state, condition in
            if state.queue.isStopping { return false }
            guard !state.queue.isFull else { return nil }
            state.queue.add(entry)
            condition.broadcast()
            return true
        }
    }

    func fail(_ path: [UInt8], _ reason: String) {
        guarded.withLock { state, _ in state.queue.fail(path, reason) }
    }

    func noteComplete() { change { $0.noteComplete() } }

    /// Nothing more is begun; what is under way ends by itself.
    func stop() { change { $0.stop() } }

    private func change(_ body: (inout WarmQueue) -> Void) {
        guarded.withLock { state, condition in
            body(&state.queue)
            condition.broadcast()
        }
    }

    /// - Returns: false where reading goes on after this time.
    func waitForEnd(_ limit: Duration) -> Bool {
        guarded.wait(timeout: limit) { state, _ in state.threads == 0 ? true : nil } ?? false
    }

    // MARK: - Reading

    private func run() {
        let buffer = TransferBuffer(Int(WarmQueue.pieceMax))
        loop: while true {
            let (task, file) = guarded.wait { state, _ -> (WarmQueue.Task, DescriptorReference?)? in
                let task = state.queue.next()
                switch task {
                case .wait: return nil
                case .read(let number, _): return (task, state.files[number])
                case .open, .end: return (task, nil)
                }
            }
            switch task {
            case .end, .wait: break loop
            case .open(let entry): open(entry)
            case .read(let number, let range): read(number, range, file, buffer)
            }
        }
        guarded.withLock { state, condition in
            state.threads -= 1
            condition.broadcast()
        }
    }

    private func open(_ entry: WarmQueue.Entry) {
        do throws(Errno) {
            // A pipe that has taken the name must not be waited for.
            let file = DescriptorReference(
                try FileCalls.open(
                    at: FileCalls.workingDirectory, entry.path,
                    [.readOnly, .noFollow, .nonBlocking, .direct]))
            let attributes = try FileCalls.attributes(of: file.rawValue)
            guard attributes.isRegular else { throw .invalid }
            guarded.withLock { state, condition in
                let number = state.queue.opened(entry, size: attributes.size)
                if attributes.size > 0 { state.files[number] = file }
                condition.broadcast()
            }
        } catch {
            guarded.withLock { state, condition in
                state.queue.failedToOpen(entry, error.message)
                condition.broadcast()
            }
        }
    }

    private func read(
        _ number: Int, _ range: Range<Int64>, _ file: DescriptorReference?, _ buffer: TransferBuffer
    ) {
        var count = 0
        var reason: String?
        do throws(Errno) {
            guard let file else { throw .badDescriptor }
            // Whole pages, as what is read past the page cache has to be.
            let length = min((range.count + 4095) & ~4095, buffer.storage.count)
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer.storage[..<length])
            count = min(
                range.count,
                try FileCalls.read(
                    file.rawValue, into: [target], at: range.lowerBound, enough: range.count))
        } catch {
            reason = error.message
        }
        let closed = guarded.withLock { state, condition -> DescriptorReference? in
            defer { condition.broadcast() }
            guard state.queue.read(number, range, count: count, failure: reason) else { return nil }
            return state.files.removeValue(forKey: number)
        }
        // Closed without the lock.
        withExtendedLifetime(closed) {}
    }
}
