public import Model

/// A path below the view's root in a message: a string where its bytes are UTF-8, else an array of
/// byte values. `""` is the root.
public struct WirePath: Codable, Hashable, Sendable {
    public var path: RelativePath

    public init(_ path: RelativePath) {
        self.path = path
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let bytes: [UInt8]
        do {
            bytes = Array(try container.decode(String.self).utf8)
        } catch {
            bytes = try container.decode([UInt8].self)
        }
        let names = bytes.split(separator: UInt8(ascii: "/")).map { Name(Array($0)) }
        guard !names.contains(where: { $0.isDots || $0.bytes.contains(0) }) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a path below the view has no '.', '..' or NUL")
        }
        path = RelativePath(names)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let bytes = path.bytes
        if let text = String(validating: bytes, as: UTF8.self) {
            try container.encode(text)
        } else {
            try container.encode(bytes)
        }
    }
}
