import Synchronization

/// A number that only grows. Threads: any, without a lock.
public final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)

    public init() {}

    @inline(__always)
    public func add(_ count: UInt64 = 1) { value.wrappingAdd(count, ordering: .relaxed) }

    public var current: UInt64 { value.load(ordering: .relaxed) }
}
