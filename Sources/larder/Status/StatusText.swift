import Control
import Model
import Platform

/// A status report for people: aligned, short units, colours where they help.
struct StatusText {
    var colours: Bool

    func render(_ view: StatusCommand.ViewStatus) -> String {
        var lines = [
            paint(.bold, view.view.printable) + paint(.faint, "  of  ") + view.share.printable
        ]
        guard let report = view.status else {
            let reason = (view.error ?? "").printable
            lines.append(row("state", paint(.bad, "no answer") + ": \(reason)"))
            return lines.joined(separator: "\n")
        }
        lines.append(row("state", state(report)))
        lines.append(
            row(
                "daemon",
                "\(report.program.printable), process \(report.pid), up \(Self.span(report.uptimeSeconds))"
            ))
        lines.append(row("options", options(report.options)))
        lines.append(row("share", share(report.share)))
        lines.append(row("known", known(report.namespace)))
        if let asked = Self.asked(report.namespace) { lines.append(row("asked", asked)) }
        if let catalogue = report.catalogue.flatMap(CatalogueText.line) {
            lines.append(row("catalogue", catalogue))
        }
        lines.append(row("readahead", readahead(report.readahead)))
        let foresight = report.foresight.flatMap {
            ForesightText.isWorthSaying($0) ? $0 : nil
        }
        if let foresight { lines.append(row("foresight", ForesightText.summary(foresight))) }
        append(Self.table(report.tiers), to: &lines)
        let streams = foresight?.streams ?? []
        append(ForesightText.streams(Self.latest(streams)), to: &lines)
        if streams.count > Self.streamsMax {
            lines.append("  and \(streams.count - Self.streamsMax) more, which --json lists")
        }
        append(foresight.flatMap { ForesightText.scores($0.scores) }, to: &lines)
        return lines.joined(separator: "\n")
    }

    private func append(_ table: TextTable?, to lines: inout [String]) {
        guard let table else { return }
        lines.append("")
        lines += table.lines(colours: colours)
    }

    /// A folder of documents makes a stream of each.
    private static let streamsMax = 12

    /// Those that were read last, in the order of the report.
    private static func latest(_ streams: [StreamStatus]) -> [StreamStatus] {
        guard streams.count > streamsMax else { return streams }
        let latest = Set(
            streams.indices.sorted {
                (streams[$0].idleSeconds, $0) < (streams[$1].idleSeconds, $1)
            }.prefix(streamsMax))
        return streams.indices.filter(latest.contains).map { streams[$0] }
    }

    private func row(_ title: String, _ text: String) -> String {
        "  " + title.padded(to: 11) + text
    }

    private func paint(_ style: TextStyle, _ text: String) -> String {
        style.paint(text, colours: colours)
    }

    // MARK: Rows

    private func state(_ report: StatusReport) -> String {
        let reason = report.reason.map { ": \($0.printable)" } ?? ""
        let since = report.troubleSeconds.map { " for \(Self.span($0))" } ?? ""
        let state = report.state.text
        switch report.state {
        case .ok: return paint(.good, state) + reason
        case .shareUnreachable:
            return paint(.bad, state) + since + reason + "; what is cached stays readable"
        case .cacheDegraded:
            return paint(.bad, state) + since + reason + "; the view works without it"
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
        parts.append("cache in \(options.cacheDirectory.printable)")
        return parts.joined(separator: ", ")
    }

    private func share(_ share: StatusReport.Share) -> String {
        var parts = ["\(Self.grouped(share.reads)) reads, \(ByteCount(share.bytes))"]
        if let milliseconds = share.roundTripMilliseconds {
            parts.append(Self.roundTrip(milliseconds))
        }
        if let bandwidth = share.bandwidthBytesPerSecond, bandwidth >= 0, bandwidth < 1e18 {
            parts.append("\(ByteCount(Int64(bandwidth)))/s")
        }
        parts.append("\(share.inFlight) in flight, \(share.waiting) waiting")
        return parts.joined(separator: "; ")
    }

    private func known(_ names: StatusReport.Namespace) -> String {
        "\(Self.grouped(names.knownFiles)) files, \(Self.grouped(names.listings)) listings,"
            + " \(Self.grouped(names.revalidations)) revalidated"
    }

    /// nil from a daemon that does not say, and before anybody asked for anything.
    private static func asked(_ names: StatusReport.Namespace) -> String? {
        var parts: [String] = []
        if let lookups = names.lookups, lookups > 0 {
            let cached = names.cachedLookups.map { " (\(percent($0, of: lookups)) cached)" } ?? ""
            parts.append("\(grouped(lookups)) lookups\(cached)")
        }
        if let opened = names.listingsOpened, opened > 0 {
            let cached = names.cachedListings.map { " (\(percent($0, of: opened)) cached)" } ?? ""
            parts.append("\(count(Int(opened), "folder")) opened\(cached)")
        }
        if let ahead = names.listingsAhead, ahead > 0 {
            parts.append("\(grouped(ahead)) listed ahead")
        }
        if let refused = names.refusedEntries, refused > 0 {
            parts.append("\(grouped(refused)) entries refused")
        }
        if let unreadable = names.unreadableEntries, unreadable > 0 {
            parts.append("\(grouped(unreadable)) without attributes")
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private func readahead(_ readahead: StatusReport.Readahead) -> String {
        guard readahead.issuedBytes > 0 else { return "nothing yet" }
        let used = Self.percent(readahead.usedBytes, of: readahead.issuedBytes)
        return "\(ByteCount(readahead.issuedBytes)) fetched ahead, \(used) used,"
            + " \(ByteCount(readahead.unusedBytes)) in vain"
    }

    // MARK: Tiers

    private static func table(_ tiers: [StatusReport.Tier]) -> TextTable {
        let header = [
            "tier", "used", "of", "entries", "hits", "misses", "hit ratio", "served", "evicted",
            "dropped", "damaged",
        ]
        let rows = tiers.map { tier in
            [
                tier.name.printable, ByteCount(tier.bytes).description,
                ByteCount(tier.limitBytes).description,
                Self.grouped(tier.entries), Self.grouped(tier.hits), Self.grouped(tier.misses),
                Self.percent(tier.hits, of: tier.hits &+ tier.misses),
                ByteCount(tier.servedBytes).description, Self.grouped(tier.evictions),
                Self.grouped(tier.dropped), Self.grouped(tier.damaged),
            ]
        }
        let moved = tiers.contains { ($0.demotions ?? 0) + ($0.promotions ?? 0) > 0 }
        guard moved else { return TextTable(header: header, rows: rows) }
        return TextTable(
            header: header + ["moved down", "moved up"],
            rows: zip(tiers, rows).map { tier, row in
                row + [Self.grouped(tier.demotions ?? 0), Self.grouped(tier.promotions ?? 0)]
            })
    }

    // MARK: Figures

    /// `8.2 ms round trip`; a share that is answered for by the kernel's cache has hardly any.
    static func roundTrip(_ milliseconds: Double) -> String {
        milliseconds < 0.1 ? "under 0.1 ms round trip" : "\(decimal(milliseconds)) ms round trip"
    }

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

    /// `1 file`, `1,204 files`.
    static func count(_ number: Int, _ what: String, plural: String? = nil) -> String {
        "\(grouped(number)) \(number == 1 ? what : plural ?? what + "s")"
    }

    static func percent(_ part: Int64, of whole: Int64) -> String {
        guard whole > 0 else { return "-" }
        return decimal(Double(part) / Double(whole) * 100) + " %"
    }

    /// - Parameter digits: behind the point, at most 3.
    static func decimal(_ value: Double, digits: Int = 1) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        var scale: Int64 = 1
        for _ in 0..<min(3, digits) { scale *= 10 }
        let scaled = Int64((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard scale > 1 else { return "\(sign)\(scaled)" }
        // The point takes the place of the 1 that keeps leading zeros.
        return "\(sign)\(scaled / scale).\(String(scale + scaled % scale).dropFirst())"
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
