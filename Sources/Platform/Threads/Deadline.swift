/// Runs `body` on a thread of its own and waits for its result, at most for `limit`.
///
/// For single calls into file systems that may hang (a `stat` on a NAS that is gone). The thread
/// cannot be stopped; when the limit passes it is left behind and its result is thrown away.
///
/// - Returns: nil when the limit passed first.
public func withDeadline<Result: Sendable>(
    _ limit: Duration, thread name: String,
    _ body: @escaping @Sendable () -> Result
) -> Result? {
    let answer = ConditionMutex<Result?>(nil)
    startThread(name: name) {
        let result = body()
        answer.withLock { slot, condition in
            slot = result
            condition.signal()
        }
    }
    return answer.wait(timeout: limit) { slot, _ in slot }
}
