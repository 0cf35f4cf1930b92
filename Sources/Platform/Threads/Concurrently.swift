/// Runs `body` for each of `items`, several at a time, and returns when all are done.
///
/// For waiting and not for computing: children and sockets, each of which has a deadline of its own.
///
/// - Parameter threadsMax: threads at most; the items beyond that wait for their turn.
/// - Returns: the results in the order of the items.
public func concurrently<Item: Sendable, Result: Sendable>(
    _ items: [Item], threadsMax: Int = 32, thread name: String,
    _ body: @escaping @Sendable (Item) -> Result
) -> [Result] {
    let progress = ConditionMutex((next: 0, results: [Int: Result]()))
    for _ in 0..<min(threadsMax, items.count) {
        startThread(name: name) {
            while true {
                let mine = progress.withLock { state, _ -> Int? in
                    guard state.next < items.count else { return nil }
                    defer { state.next += 1 }
                    return state.next
                }
                guard let mine else { return }
                let result = body(items[mine])
                progress.withLock { state, condition in
                    state.results[mine] = result
                    condition.signal()
                }
            }
        }
    }
    return progress.wait { state, _ in
        state.results.count == items.count ? items.indices.compactMap { state.results[$0] } : nil
    }
}
