/// From seconds since 1970 to local time and back, by a function that is handed in: this room knows no time zones.
///
/// What the function says of a quarter of an hour is kept, since zones change their offset at full quarters only: most opens cost
/// no call.
public struct LocalClock: Sendable {
    private static let blockSeconds: Int64 = 900

    private let fields: @Sendable (Int64) -> LocalTime
    private var block: Int64 = .min
    /// Local time less universal time in that block.
    private var offset: Int64 = 0

    /// - Parameter fields: local time of a second since 1970; asked from whatever thread uses the clock.
    public init(_ fields: @escaping @Sendable (Int64) -> LocalTime) {
        self.fields = fields
    }

    /// A zone that is always so many seconds ahead of universal time.
    public init(offsetSeconds: Int) {
        self.init { LocalTime(linear: Int(clamping: $0) + offsetSeconds) }
    }

    public mutating func local(_ second: Int64) -> LocalTime {
        // Shares and broken clocks hand out any number: what is beyond a calendar of 32 bits is its end.
        let second = min(max(second, -1 << 46), 1 << 46)
        let block =
            second >= 0
            ? second / Self.blockSeconds : (second + 1) / Self.blockSeconds - 1
        if block != self.block {
            self.block = block
            let start = block * Self.blockSeconds
            offset = Int64(fields(start).linear) - start
        }
        return LocalTime(linear: Int(second + offset))
    }

    /// The second at which the clock on the wall shows `local`. Of two it is the one nearer to the offset of `second`; where the
    /// clock is set forward over it, it is as much later.
    ///
    /// - Parameter second: somewhere near.
    public mutating func second(of local: LocalTime, near second: Int64) -> Int64 {
        var guess = second
        for _ in 0..<2 {
            guess += Int64(local.linear - self.local(guess).linear)
        }
        return guess
    }
}
