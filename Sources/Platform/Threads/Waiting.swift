public import Model

/// For threads that have nothing else to do: an answer that comes by a callback, waited for.
public enum Waiting {
    /// - Parameter question: calls what it is given once, on any thread; the share does so within its deadline.
    public static func ask<Answer: Sendable>(
        _ question: (@escaping @Sendable (Result<Answer, Errno>) -> Void) -> Void
    ) -> Result<Answer, Errno> {
        let box = ConditionMutex<Result<Answer, Errno>?>(nil)
        question { answer in
            box.withLock { state, condition in
                state = answer
                condition.broadcast()
            }
        }
        return box.wait { answer, _ in answer }
    }
}
