extension Duration {
    /// Reads a time span as systemd and `sleep` do: `30s`, `8ms`, `1.5m`, `2h`, `1d`, `1w`; a bare
    /// number is seconds.
    ///
    /// - Returns: nil when the text is no time span, is negative, or is longer than a hundred
    ///   years.
    public init?(parsing text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), number >= 0, number.isFinite else { return nil }
        let scale: Double
        switch text.dropFirst(digits.count).lowercased() {
        case "us": scale = 1e-6
        case "ms": scale = 1e-3
        case "", "s": scale = 1
        case "m", "min": scale = 60
        case "h": scale = 3600
        case "d": scale = 86400
        case "w": scale = 604_800
        default: return nil
        }
        let seconds = number * scale
        guard seconds < 100 * 365.25 * 86400 else { return nil }
        self = .nanoseconds(Int64((seconds * 1e9).rounded()))
    }

    /// The shortest exact text for people, as ``init(parsing:)`` reads it: `250ms`, `5s`, `90s`,
    /// `5m`, `1h`.
    public var text: String {
        let microseconds =
            components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
        guard microseconds != 0 else { return "0s" }
        let units: [(name: String, size: Int64)] = [
            ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000),
            ("ms", 1000),
        ]
        for unit in units where microseconds % unit.size == 0 {
            return "\(microseconds / unit.size)\(unit.name)"
        }
        return "\(microseconds)us"
    }
}
