/// One component of a path: bytes as the share has them, valid UTF-8 or not.
///
/// File names on Linux are bytes without `/` and NUL; turning them into `String` and back would
/// damage names in Latin-1 or with broken sequences, so they pass through Larder as bytes.
public struct Name: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(_ string: String) {
        bytes = Array(string.utf8)
    }

    /// `NAME_MAX`: bytes of one name, at most.
    public static let bytesMax = 255

    /// Whether a file in a directory can be called so. What comes from a share or from a disk may be anything.
    public var isPossible: Bool {
        !bytes.isEmpty && bytes.count <= Self.bytesMax && !isDots
            && !bytes.contains { $0 == 0 || $0 == 0x2F }
    }

    /// Whether a file system may list what is made of this name by another: FAT and Windows leave dots and blanks at its end out, and
    /// find it by both.
    public var losesItsEnd: Bool {
        !isDots && (bytes.last == UInt8(ascii: ".") || bytes.last == UInt8(ascii: " "))
    }

    /// True for `.` and `..`.
    public var isDots: Bool { bytes == [0x2E] || bytes == [0x2E, 0x2E] }
}

extension Name: CustomStringConvertible {
    /// For people: broken sequences become U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension Name: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

/// A path below the share's root: components without `.` and `..`; empty for the root itself.
public struct RelativePath: Hashable, Sendable {
    public var components: [Name]

    public init(_ components: [Name] = []) {
        self.components = components
    }

    /// The components joined by `/`, without a leading one; empty for the root.
    public var bytes: [UInt8] {
        var joined: [UInt8] = []
        for component in components {
            if !joined.isEmpty { joined.append(0x2F) }
            joined.append(contentsOf: component.bytes)
        }
        return joined
    }

    /// The root's is the root.
    public var parent: RelativePath { RelativePath(Array(components.dropLast())) }

    public func appending(_ name: Name) -> RelativePath {
        RelativePath(components + [name])
    }
}

extension RelativePath: CustomStringConvertible {
    public var description: String {
        components.isEmpty ? "." : String(decoding: bytes, as: UTF8.self)
    }
}
