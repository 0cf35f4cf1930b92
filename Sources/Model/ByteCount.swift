/// A number of bytes, as people write and read it: `512M`, `5GiB`, `100MB`.
public struct ByteCount: Hashable, Comparable, Sendable, Codable {
    public var bytes: Int64

    public init(_ bytes: Int64) {
        self.bytes = bytes
    }

    public static func kibibytes(_ count: Int64) -> ByteCount { ByteCount(count << 10) }
    public static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(count << 20) }
    public static func gibibytes(_ count: Int64) -> ByteCount { ByteCount(count << 30) }

    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    public init(from decoder: any Decoder) throws {
        bytes = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}

extension ByteCount {
    /// Reads a size the way `dd`, `truncate` and systemd do: `K`, `M`, `G`, `T` and `KiB`… are powers of
    /// 1024, `KB`, `MB`… powers of 1000; upper or lower case; a fraction is allowed (`1.5G`).
    ///
    /// - Returns: nil when the text is no size, is negative, or does not fit 63 bits.
    public init?(parsing text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), number >= 0, number.isFinite else { return nil }
        let unit = text.dropFirst(digits.count).lowercased()
        let exponents: [Character: Int] = ["k": 1, "m": 2, "g": 3, "t": 4, "p": 5]
        var scale = 1.0
        switch unit {
        case "", "b": break
        default:
            guard let prefix = unit.first, let exponent = exponents[prefix] else { return nil }
            let base: Double
            switch unit.dropFirst() {
            case "", "ib": base = 1024
            case "b": base = 1000
            default: return nil
            }
            for _ in 0..<exponent { scale *= base }
        }
        let bytes = (number * scale).rounded()
        guard bytes < 0x1p63 else { return nil }
        self.init(Int64(bytes))
    }
}

extension ByteCount {
    /// The shortest exact text, as ``init(parsing:)`` reads it: `512M`, `5G`, `20MB`, `1000`.
    public var exactText: String {
        guard bytes != 0 else { return "0" }
        let units: [(name: String, size: Int64)] = [
            ("T", 1 << 40), ("TB", 1_000_000_000_000), ("G", 1 << 30), ("GB", 1_000_000_000),
            ("M", 1 << 20), ("MB", 1_000_000), ("K", 1 << 10), ("KB", 1000),
        ]
        let fitting = units.filter { bytes % $0.size == 0 }.map { "\(bytes / $0.size)\($0.name)" }
        return fitting.min { $0.utf8.count < $1.utf8.count } ?? "\(bytes)"
    }
}

extension ByteCount: CustomStringConvertible {
    /// Three significant digits with a binary unit: `0 B`, `512 B`, `1.50 KiB`, `5.00 GiB`.
    public var description: String {
        guard bytes >= 1024 else { return "\(bytes) B" }
        var value = Double(bytes)
        var units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][...]
        value /= 1024
        while value >= 999.5, units.count > 1 {
            value /= 1024
            units = units.dropFirst()
        }
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return "\(Self.fixed(value, decimals: decimals)) \(units.first ?? "")"
    }

    /// `printf("%.*f")` without Foundation; `value` is at least 0 and below 2^53.
    static func fixed(_ value: Double, decimals: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((value * Double(scale)).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = String(scaled % scale)
        let padding = String(repeating: "0", count: decimals - fraction.count)
        return "\(scaled / scale).\(padding)\(fraction)"
    }
}
