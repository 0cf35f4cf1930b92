/// The interrupt handlers of requests in flight, by token.
///
/// libfuse may call back for a request that is being answered on another thread; a token that is no longer
/// known is harmless where a pointer would dangle.
struct InterruptTable: Sendable {
    private enum State: Sendable {
        case reserved, firedEarly
        case armed(@Sendable () -> Void)
    }

    private var states: [UInt: State] = [:]
    private var last: UInt = 0

    mutating func reserve() -> UInt {
        last += 1
        states[last] = .reserved
        return last
    }

    /// - Returns: true when the interrupt came first; the caller runs the handler then.
    mutating func arm(_ token: UInt, _ handler: @escaping @Sendable () -> Void) -> Bool {
        switch states[token] {
        case .reserved:
            states[token] = .armed(handler)
            return false
        case .firedEarly:
            states[token] = nil
            return true
        case .armed, nil:
            return false
        }
    }

    /// - Returns: the handler to run now, outside of the lock.
    mutating func fire(_ token: UInt) -> (@Sendable () -> Void)? {
        switch states[token] {
        case .reserved:
            states[token] = .firedEarly
            return nil
        case .armed(let handler):
            states[token] = nil
            return handler
        case .firedEarly, nil:
            return nil
        }
    }

    mutating func remove(_ token: UInt) {
        states[token] = nil
    }
}
