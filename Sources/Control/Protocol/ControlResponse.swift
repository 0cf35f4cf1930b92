/// What a daemon answers.
///
/// On the wire: `{"status":{…},"version":1}`, `{"evicted":[…],"version":1}`,
/// `{"explained":{…},"version":1}`, `{"accesses":{…},"version":1}`, `{"error":"…","version":1}`.
public enum ControlResponse: Hashable, Sendable {
    case status(StatusReport)
    /// One per path asked for, in the same order.
    case evicted([EvictionReport])
    case explained(ExplanationReport)
    case accesses(AccessBatch)
    case failed(String)
}

extension ControlResponse: Codable {
    private enum Key: String, CodingKey {
        case version, status, evicted, explained, accesses, error
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let reason = try container.decodeIfPresent(String.self, forKey: .error) {
            self = .failed(reason)
        } else if let report = try container.decodeIfPresent(StatusReport.self, forKey: .status) {
            self = .status(report)
        } else if let report = try container.decodeIfPresent(
            ExplanationReport.self, forKey: .explained)
        {
            self = .explained(report)
        } else if let batch = try container.decodeIfPresent(AccessBatch.self, forKey: .accesses) {
            self = .accesses(batch)
        } else {
            self = .evicted(try container.decode([EvictionReport].self, forKey: .evicted))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(WireFormat.version, forKey: .version)
        switch self {
        case .status(let report): try container.encode(report, forKey: .status)
        case .evicted(let reports): try container.encode(reports, forKey: .evicted)
        case .explained(let report): try container.encode(report, forKey: .explained)
        case .accesses(let batch): try container.encode(batch, forKey: .accesses)
        case .failed(let reason): try container.encode(reason, forKey: .error)
        }
    }
}
