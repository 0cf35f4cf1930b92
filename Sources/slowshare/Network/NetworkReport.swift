import Platform

/// State and figures of a share, as `slowshare ctl MOUNT stats` prints them.
struct NetworkReport: Sendable {
    var link: Link
    var faults: Faults
    var statistics: Statistics
    /// Operations that wait for a hanging share.
    var held: Int

    /// One JSON object. Every string in it is one of our own words, so nothing needs quoting.
    var json: String {
        let operations = OperationKind.allCases.compactMap { kind in
            statistics.operations[kind].map { "    \"\(kind.rawValue)\": \($0)" }
        }
        let bandwidth = link.bandwidth.map { "\(Int64($0.rounded()))" } ?? "null"
        let fields = [
            "\"state\": \"\(reach)\"",
            "\"round_trip_ms\": \(link.roundTrip.inSeconds * 1000)",
            "\"bandwidth_bytes_per_second\": \(bandwidth)",
            "\"operations\": {\(operations.isEmpty ? "" : "\n\(operations.joined(separator: ",\n"))\n  ")}",
            "\"operations_total\": \(statistics.operations.values.reduce(0, +))",
            "\"round_trips\": \(statistics.roundTrips)",
            "\"bytes_read\": \(statistics.bytesRead)",
            "\"bytes_written\": \(statistics.bytesWritten)",
            "\"in_flight\": \(statistics.inFlight)",
            "\"in_flight_max\": \(statistics.inFlightMax)",
            "\"held\": \(held)",
            "\"faults\": [\(rules.isEmpty ? "" : "\n\(rules.joined(separator: ",\n"))\n  ")]",
        ]
        return "{\n  \(fields.joined(separator: ",\n  "))\n}"
    }

    private var reach: String {
        switch faults.reach {
        case .online: "online"
        case .offline: "offline"
        case .hanging: "hanging"
        }
    }

    private var rules: [String] {
        faults.rules.map { rule in
            let pattern =
                switch rule.pattern {
                case .share(let count, let of): "\"share\": \"\(count)/\(of)\""
                case .nth(let number): "\"nth\": \(number)"
                }
            return """
                    {"operation": "\(rule.kind?.rawValue ?? "any")", \
                "error": "\(ErrorNames.name(of: rule.error))", \(pattern), "late": \(rule.isLate), \
                "calls": \(rule.calls), "fired": \(rule.fired)}
                """
        }
    }
}
