/// File names and programs' names are bytes that anybody may choose: what a terminal would obey is
/// not shown to it, and what takes two columns counts two.
extension String {
    /// With `?` for control characters, line ends, and marks that turn the direction of writing.
    var printable: String { replacing(where: \.isObeyed) }

    /// As ``printable``, with the line ends kept: for messages that have paths in them.
    var printableLines: String { replacing { $0.isObeyed && $0 != "\n" } }

    private func replacing(where isBad: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: isBad) else { return self }
        var scalars = UnicodeScalarView()
        for scalar in unicodeScalars { scalars.append(isBad(scalar) ? "?" : scalar) }
        return String(scalars)
    }

    /// Columns on a terminal.
    var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

    /// At most `width` columns; `…` stands for an end that was cut off.
    func cut(to width: Int) -> String {
        guard columns > width else { return self }
        guard width > 0 else { return "" }
        return Self.taking(width - 1, of: self) + "…"
    }

    /// At most `width` columns; `…` stands for a start that was cut off: of a path, the end says more.
    func cutAtStart(to width: Int) -> String {
        guard columns > width else { return self }
        guard width > 0 else { return "" }
        let end = Self.taking(width - 1, of: String(reversed()))
        return "…" + String(end.reversed())
    }

    private static func taking(_ width: Int, of text: String) -> String {
        var taken = ""
        var used = 0
        for character in text {
            used += String(character).columns
            if used > width { break }
            taken.append(character)
        }
        return taken
    }
}

extension Unicode.Scalar {
    fileprivate var isObeyed: Bool {
        if value < 0x7F { return value < 0x20 }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: break
        }
        // Bidirectional embeddings, overrides and isolates.
        return (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
    }

    /// As wcwidth(3) has it, from Unicode's East Asian Width; without a locale.
    fileprivate var columns: Int {
        if value < 0x300 { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        return Self.wide.contains { $0.contains(value) } ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
        0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
}
