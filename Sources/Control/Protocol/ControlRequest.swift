/// What the `larder` command asks of a daemon.
///
/// On the wire: `{"command":"status","version":1}`,
/// `{"command":"evict","paths":["a/b"],"version":1}`.
public enum ControlRequest: Hashable, Sendable {
    case status
    /// Drop what is cached of these files and folders (with all below them).
    case evict([WirePath])

    /// Paths in one request at most.
    public static let pathsMax = 4096
}

extension ControlRequest: Codable {
    private enum Key: String, CodingKey {
        case version, command, paths
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
        case "evict":
            let paths = try container.decode([WirePath].self, forKey: .paths)
            guard paths.count <= Self.pathsMax else {
                throw DecodingError.dataCorruptedError(
                    forKey: .paths, in: container,
                    debugDescription: "\(paths.count) paths, at most \(Self.pathsMax) at once")
            }
            self = .evict(paths)
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .command, in: container, debugDescription: "unknown command '\(command)'")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(WireFormat.version, forKey: .version)
        switch self {
        case .status:
            try container.encode("status", forKey: .command)
        case .evict(let paths):
            try container.encode("evict", forKey: .command)
            try container.encode(paths, forKey: .paths)
        }
    }
}
