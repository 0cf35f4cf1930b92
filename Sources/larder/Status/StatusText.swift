import Control
import Model
import Platform

/// A status report for people: aligned, short units, colours where they help.
struct StatusText {
    private enum Style: String {
        case bold = "1"
        case good = "32"
        case bad = "31"
        case faint = "2"
    }

    var colours: Bool

    func render(_ view: StatusCommand.ViewStatus) -> String {
        var lines = [paint(.bold, view.view) + paint(.faint, "  of  ") + view.share]
        guard let report = view.status else {
            lines.append(row("state", paint(.bad, "no answer") + ": \(view.error ?? "")"))
            return lines.joined(separator: "\n")
        }
        lines.append(row("state", state(report)))
        lines.append(
            row(
                "daemon",
                "\(report.program), process \(report.pid), up \(Self.span(report.uptimeSeconds))"))
        lines.append(row("options", options(report.options)))
        lines.append(row("share", share(report.share)))
        lines.append(
            row(
                "known",
                "\(Self.grouped(report.namespace.knownFiles)) files,"
                    + " \(Self.grouped(report.namespace.listings)) listings,"
                    + " \(Self.grouped(report.namespace.revalidations)) revalidated"))
        lines.append(row("readahead", readahead(report.readahead)))
        lines.append("")
        lines += table(report.tiers)
        return lines.joined(separator: "\n")
    }

    private func row(_ title: String, _ text: String) -> String {
        "  " + title.padded(to: 11) + text
    }

    private func paint(_ style: Style, _ text: String) -> String {
        colours ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    // MARK: Rows

    private func state(_ report: StatusReport) -> String {
        let reason = report.reason.map { ": \($0)" } ?? ""
        let since = report.troubleSeconds.map { " for \(Self.span($0))" } ?? ""
        switch report.state {
        case .ok: return paint(.good, "ok") + reason
        case .shareUnreachable:
            return paint(.bad, "share unreachable") + since + reason
                + "; what is cached stays readable"
        case .cacheDegraded:
            return paint(.bad, "cache degraded") + since + reason + "; the view works without it"
        }
    }

    private func options(_ options: StatusReport.Options) -> String {
        var parts = [
            "memory \(ByteCount(options.memoryBytes))",
            options.diskBytes > 0 ? "disk \(ByteCount(options.diskBytes))" : "no disk tier",
            "readahead \(ByteCount(options.readaheadBytes))", options.consistency.rawValue,
            "\(options.lanes) lanes",
        ]
        if options.allowOther { parts.append("allow_other") }
        parts.append("cache in \(options.cacheDirectory)")
        return parts.joined(separator: ", ")
    }

    private func share(_ share: StatusReport.Share) -> String {
        var parts = ["\(Self.grouped(share.reads)) reads, \(ByteCount(share.bytes))"]
        if let milliseconds = share.roundTripMilliseconds {
            parts.append("\(Self.decimal(milliseconds)) ms round trip")
        }
        if let bandwidth = share.bandwidthBytesPerSecond, bandwidth >= 0, bandwidth < 1e18 {
            parts.append("\(ByteCount(Int64(bandwidth)))/s")
        }
        parts.append("\(share.inFlight) in flight, \(share.waiting) waiting")
        return parts.joined(separator: "; ")
    }

    private func readahead(_ readahead: StatusReport.Readahead) -> String {
        guard readahead.issuedBytes > 0 else { return "nothing yet" }
        let used = Self.percent(readahead.usedBytes, of: readahead.issuedBytes)
        return "\(ByteCount(readahead.issuedBytes)) fetched ahead, \(used) used,"
            + " \(ByteCount(readahead.unusedBytes)) in vain"
    }

    // MARK: Tiers

    private func table(_ tiers: [StatusReport.Tier]) -> [String] {
        let header = [
            "tier", "used", "of", "entries", "hits", "misses", "hit ratio", "served", "evicted",
            "dropped", "damaged",
        ]
        let rows = tiers.map { tier in
            [
                tier.name, ByteCount(tier.bytes).description,
                ByteCount(tier.limitBytes).description,
                Self.grouped(tier.entries), Self.grouped(tier.hits), Self.grouped(tier.misses),
                Self.percent(tier.hits, of: tier.hits &+ tier.misses),
                ByteCount(tier.servedBytes).description, Self.grouped(tier.evictions),
                Self.grouped(tier.dropped), Self.grouped(tier.damaged),
            ]
        }
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([header] + rows).enumerated().map { index, cells in
            var line = "  " + cells[0].padded(to: widths[0])
            for column in 1..<cells.count {
                line += "  " + cells[column].alignedRight(to: widths[column])
            }
            return index == 0 ? paint(.faint, line) : line
        }
    }

    // MARK: Figures

    /// `12,345`.
    static func grouped(_ number: some BinaryInteger) -> String {
        let digits = Array(String(number.magnitude))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    static func percent(_ part: Int64, of whole: Int64) -> String {
        guard whole > 0 else { return "-" }
        return decimal(Double(part) / Double(whole) * 100) + " %"
    }

    /// One digit behind the point.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        let tenths = Int64((abs(value) * 10).rounded())
        return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }

    /// The two largest units: `3 d 4 h`, `12 min 5 s`, `0 s`.
    static func span(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e12 else { return "-" }
        var rest = Int64(max(0, seconds))
        var parts: [String] = []
        for (name, size) in [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)] as [(String, Int64)]
        {
            let count = rest / size
            rest %= size
            if count > 0 || (!parts.isEmpty && parts.count < 2) { parts.append("\(count) \(name)") }
            if parts.count == 2 { break }
        }
        return parts.isEmpty ? "0 s" : parts.joined(separator: " ")
    }
}
