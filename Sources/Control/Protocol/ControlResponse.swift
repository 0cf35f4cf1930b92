/// What a daemon answers.
///
/// On the wire: `{"status":{…},"version":1}`, `{"evicted":[…],"version":1}`,
/// `{"explained":{…},"version":1}`, `{"accesses":{…},"version":1}`, `{"configuration":{…},"version":1}`,
/// `{"reloaded":{…},"version":1}`, `{"pins":{…},"version":1}`, `{"known":{…},"version":1}`, `{"cached":{…},"version":1}`,
/// `{"refreshed":[…],"version":1}`, `{"verified":{…},"version":1}`, `{"history":{…},"version":1}`, `{"forecast":{…},"version":1}`, `{"error":"…","version":1}`.
public enum ControlResponse: Hashable, Sendable {
    case status(StatusReport)
    /// One per path asked for, in the same order.
    case evicted([EvictionReport])
    case explained(ExplanationReport)
    case accesses(AccessBatch)
    case configuration(ConfigurationReport)
    case reloaded(ReloadReport)
    case pins(PinReport)
    case known(KnownBatch)
    case cached(CachedBatch)
    /// One per path asked for, in the same order.
    case refreshed([RefreshReport])
    case verified(VerificationBatch)
    case history(HistoryReport)
    case forecast(ForecastReport)
    case failed(String)
}

extension ControlResponse: Codable {
    private enum Key: String, CodingKey {
        case version, status, evicted, explained, accesses, configuration, reloaded, error
        case pins, known, cached, refreshed, verified, history, forecast
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
        } else if let report = try container.decodeIfPresent(
            ConfigurationReport.self, forKey: .configuration)
        {
            self = .configuration(report)
        } else if let report = try container.decodeIfPresent(ReloadReport.self, forKey: .reloaded) {
            self = .reloaded(report)
        } else if let report = try container.decodeIfPresent(PinReport.self, forKey: .pins) {
            self = .pins(report)
        } else if let batch = try container.decodeIfPresent(KnownBatch.self, forKey: .known) {
            self = .known(batch)
        } else if let batch = try container.decodeIfPresent(CachedBatch.self, forKey: .cached) {
            self = .cached(batch)
        } else if let reports = try container.decodeIfPresent(
            [RefreshReport].self, forKey: .refreshed)
        {
            self = .refreshed(reports)
        } else if let batch = try container.decodeIfPresent(
            VerificationBatch.self, forKey: .verified)
        {
            self = .verified(batch)
        } else if let report = try container.decodeIfPresent(HistoryReport.self, forKey: .history) {
            self = .history(report)
        } else if let report = try container.decodeIfPresent(
            ForecastReport.self, forKey: .forecast)
        {
            self = .forecast(report)
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
        case .configuration(let report): try container.encode(report, forKey: .configuration)
        case .reloaded(let report): try container.encode(report, forKey: .reloaded)
        case .pins(let report): try container.encode(report, forKey: .pins)
        case .known(let batch): try container.encode(batch, forKey: .known)
        case .cached(let batch): try container.encode(batch, forKey: .cached)
        case .refreshed(let reports): try container.encode(reports, forKey: .refreshed)
        case .verified(let batch): try container.encode(batch, forKey: .verified)
        case .history(let report): try container.encode(report, forKey: .history)
        case .forecast(let report): try container.encode(report, forKey: .forecast)
        case .failed(let reason): try container.encode(reason, forKey: .error)
        }
    }
}
