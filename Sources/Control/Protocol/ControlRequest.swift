public import Model

/// What the `larder` command asks of a daemon.
///
/// On the wire: `{"command":"status","version":1}`,
/// `{"command":"evict","paths":["a/b"],"version":1}`,
/// `{"command":"explain","path":"a/b","version":1}`,
/// `{"after":17,"command":"records","max":4096,"version":1}`,
/// `{"command":"configuration","version":1}`, `{"command":"reload","version":1}`,
/// `{"command":"offline","version":1}`, `{"command":"online","version":1}`,
/// `{"command":"sleep","version":1}`, `{"command":"wake","version":1}`,
/// `{"bytes":7,"command":"pin","path":"a/b","priority":"high","version":1}`, `{"command":"unpin","path":"a/b","version":1}`, `{"command":"pins","version":1}`,
/// `{"after":"b","command":"known","path":"a","version":1}`,
/// `{"after":0,"command":"cached","path":"a","tier":"disk","version":1}`,
/// `{"command":"refresh","paths":["a/b"],"version":1}`,
/// `{"after":0,"command":"verify","path":"a","sums":false,"version":1}`,
/// `{"command":"history","path":"a","version":1}`, `{"command":"forgetHistory","path":"a","version":1}`,
/// `{"command":"forecast","hours":12,"version":1}`, `{"command":"warmPlan","version":1}`.
public enum ControlRequest: Hashable, Sendable {
    case status
    /// Drop what is cached of these files and folders (with all below them).
    case evict([WirePath])
    /// What is known of a file, and what was fetched ahead of its readers.
    case explain(WirePath)
    /// What was done in the view since the record with this number (0: all that is kept), oldest
    /// first, at most `max`; with 0 only how far it has come.
    case records(after: UInt64, max: Int)
    /// The machine is about to: nobody shall wait for a share that is silent. Answered like ``status``, within two seconds.
    case sleep
    /// It has slept, or did not get to. Answered like ``status``.
    case wake
    /// The share is taken for away from now on. Answered like ``status``.
    case offline
    /// It is asked again. Answered like ``status``.
    case online
    /// What is in force, and where it came from.
    case configuration
    /// Read the configuration file again, and apply what can change while mounted.
    case reload
    /// What is known of a file, or of the names in a folder behind one of them, without asking the share.
    case known(WirePath, after: Name?)
    /// What a tier has of the files at and below a path, behind ``CachedBatch/next`` of the answer before; 0 at the start.
    case cached(WirePath, CachedBatch.Tier, after: Int64)
    /// Believe nothing any more that is known of these files and folders (with all below them).
    case refresh([WirePath])
    /// Read some of what the tiers on disks have of the files at and below a path, behind ``VerificationBatch/next`` of the answer
    /// before; 0 at the start. With sums: say what is in it.
    case verify(WirePath, after: Int64, sums: Bool)

    /// Keep a file, or a folder with all below it, in the cache. - bytes: of what is there now. - priority: nil: as it was; medium, where it
    /// was not pinned.
    case pin(WirePath, bytes: Int64, priority: PinPriority?)
    /// No more, with all pins below it.
    case unpin(WirePath)
    case pins

    /// What was done with the files at and below a path.
    case history(WirePath)
    /// Remember no more what was done there.
    case forgetHistory(WirePath)
    /// What is expected to be opened in so many hours from now.
    case forecast(hours: Int)
    /// What would be fetched next because it is expected.
    case warmPlan

    /// Paths in one request at most.
    public static let pathsMax = 4096
    /// Records in one answer at most.
    public static let recordsMax = 4096
}

extension ControlRequest: Codable {
    private enum Key: String, CodingKey {
        case version, command, paths, path, after, max, bytes, tier, sums, priority, hours
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let version = try container.decode(Int.self, forKey: .version)
        guard version == WireFormat.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container,
                debugDescription: "version \(version) is asked for, \(WireFormat.version) is spoken"
            )
        }
        let command = try container.decode(String.self, forKey: .command)
        switch command {
        case "status": self = .status
        case "sleep": self = .sleep
        case "wake": self = .wake
        case "offline": self = .offline
        case "online": self = .online
        case "evict": self = .evict(try Self.paths(container))
        case "refresh": self = .refresh(try Self.paths(container))
        case "explain": self = .explain(try container.decode(WirePath.self, forKey: .path))
        case "known":
            let after = try container.decodeIfPresent(WirePath.self, forKey: .after)
            self = .known(
                try container.decode(WirePath.self, forKey: .path),
                after: after?.path.components.last)
        case "cached":
            self = .cached(
                try container.decode(WirePath.self, forKey: .path),
                try container.decode(CachedBatch.Tier.self, forKey: .tier),
                after: try container.decode(Int64.self, forKey: .after))
        case "verify":
            self = .verify(
                try container.decode(WirePath.self, forKey: .path),
                after: try container.decode(Int64.self, forKey: .after),
                sums: try container.decodeIfPresent(Bool.self, forKey: .sums) ?? false)
        case "records":
            let max = try container.decode(Int.self, forKey: .max)
            guard (0...Self.recordsMax).contains(max) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .max, in: container,
                    debugDescription: "\(max) records, 0 to \(Self.recordsMax) at once")
            }
            self = .records(after: try container.decode(UInt64.self, forKey: .after), max: max)
        case "pin":
            self = .pin(
                try container.decode(WirePath.self, forKey: .path),
                bytes: try container.decode(Int64.self, forKey: .bytes),
                priority: try container.decodeIfPresent(PinPriority.self, forKey: .priority))
        case "unpin": self = .unpin(try container.decode(WirePath.self, forKey: .path))
        case "pins": self = .pins
        case "configuration": self = .configuration
        case "reload": self = .reload
        default: self = try Self.habits(command, container)
        }
    }

    /// What people did, and are expected to do.
    private static func habits(
        _ command: String, _ container: KeyedDecodingContainer<Key>
    ) throws -> Self {
        switch command {
        case "history": return .history(try container.decode(WirePath.self, forKey: .path))
        case "forgetHistory":
            return .forgetHistory(try container.decode(WirePath.self, forKey: .path))
        case "forecast":
            let hours = try container.decode(Int.self, forKey: .hours)
            guard (1...ForecastReport.hoursMax).contains(hours) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .hours, in: container,
                    debugDescription: "\(hours) hours, 1 to \(ForecastReport.hoursMax) at once")
            }
            return .forecast(hours: hours)
        case "warmPlan": return .warmPlan
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .command, in: container, debugDescription: "unknown command '\(command)'")
        }
    }

    private static func paths(_ container: KeyedDecodingContainer<Key>) throws -> [WirePath] {
        let paths = try container.decode([WirePath].self, forKey: .paths)
        guard paths.count <= pathsMax else {
            throw DecodingError.dataCorruptedError(
                forKey: .paths, in: container,
                debugDescription: "\(paths.count) paths, at most \(pathsMax) at once")
        }
        return paths
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(WireFormat.version, forKey: .version)
        switch self {
        case .status:
            try container.encode("status", forKey: .command)
        case .sleep:
            try container.encode("sleep", forKey: .command)
        case .wake:
            try container.encode("wake", forKey: .command)
        case .offline: try container.encode("offline", forKey: .command)
        case .online: try container.encode("online", forKey: .command)
        case .evict(let paths):
            try container.encode("evict", forKey: .command)
            try container.encode(paths, forKey: .paths)
        case .explain(let path):
            try container.encode("explain", forKey: .command)
            try container.encode(path, forKey: .path)
        case .records(let after, let max):
            try container.encode("records", forKey: .command)
            try container.encode(after, forKey: .after)
            try container.encode(max, forKey: .max)
        case .pin(let path, let bytes, let priority):
            try container.encode("pin", forKey: .command)
            try container.encode(path, forKey: .path)
            try container.encode(bytes, forKey: .bytes)
            try container.encodeIfPresent(priority, forKey: .priority)
        case .unpin(let path):
            try container.encode("unpin", forKey: .command)
            try container.encode(path, forKey: .path)
        case .pins: try container.encode("pins", forKey: .command)
        case .configuration: try container.encode("configuration", forKey: .command)
        case .reload: try container.encode("reload", forKey: .command)
        case .refresh(let paths):
            try container.encode("refresh", forKey: .command)
            try container.encode(paths, forKey: .paths)
        case .known(let path, let after):
            try container.encode("known", forKey: .command)
            try container.encode(path, forKey: .path)
            try container.encodeIfPresent(
                after.map { WirePath(RelativePath([$0])) }, forKey: .after)
        case .cached(let path, let tier, let after):
            try container.encode("cached", forKey: .command)
            try container.encode(path, forKey: .path)
            try container.encode(tier, forKey: .tier)
            try container.encode(after, forKey: .after)
        case .verify(let path, let after, let sums):
            try container.encode("verify", forKey: .command)
            try container.encode(path, forKey: .path)
            try container.encode(after, forKey: .after)
            try container.encode(sums, forKey: .sums)
        case .history, .forgetHistory, .forecast, .warmPlan: try encodeHabits(&container)
        }
    }

    private func encodeHabits(_ container: inout KeyedEncodingContainer<Key>) throws {
        switch self {
        case .history(let path):
            try container.encode("history", forKey: .command)
            try container.encode(path, forKey: .path)
        case .forgetHistory(let path):
            try container.encode("forgetHistory", forKey: .command)
            try container.encode(path, forKey: .path)
        case .forecast(let hours):
            try container.encode("forecast", forKey: .command)
            try container.encode(hours, forKey: .hours)
        default: try container.encode("warmPlan", forKey: .command)
        }
    }
}
