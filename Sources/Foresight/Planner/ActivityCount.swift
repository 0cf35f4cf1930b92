/// How many streams are being read: counted anew in each epoch of two seconds, each stream once.
struct ActivityCount: Sendable {
    static let epochLength = Duration.seconds(2)

    private var epoch: Int64 = -1
    private var current = 0
    private var previous = 0

    /// A read of a stream that was last counted in `epoch`. - Returns: the epoch now.
    mutating func note(_ counted: Int64, at now: Duration) -> Int64 {
        let this = now.components.seconds / Self.epochLength.components.seconds
        if this != epoch {
            previous = this == epoch + 1 ? current : 0
            current = 0
            epoch = this
        }
        if counted != this { current += 1 }
        return this
    }

    var streams: Int { max(1, current, previous) }
}
