public import FoundationEssentials

/// How requests and answers look on the control socket: one JSON object per line, UTF-8, keys
/// sorted.
///
/// JSON escapes newlines inside strings, so a line is a message. A message carries `version`; a
/// daemon answers requests of its own version and says so to others.
public enum WireFormat {
    public static let version = 1
    public static let requestBytesMax = 1 << 20
    /// A status report is a few KiB; an answer to `evict` has a line per path asked for.
    public static let answerBytesMax = 16 << 20

    public static func encode(_ message: some Encodable, pretty: Bool = false) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return try encoder.encode(message)
    }

    public static func line(_ message: some Encodable) throws -> [UInt8] {
        Array(try encode(message)) + [UInt8(ascii: "\n")]
    }

    public static func decode<Message: Decodable>(
        _ type: Message.Type, from line: [UInt8]
    ) throws -> Message {
        try JSONDecoder().decode(type, from: Data(line))
    }
}
