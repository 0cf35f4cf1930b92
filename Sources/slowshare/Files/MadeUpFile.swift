import Fuse
import Model

/// One of many empty files that a share lists and has nowhere: found by its number, so that they cost nothing.
struct MadeUpFile: Hashable, Sendable {
    /// Beyond the ids of real nodes.
    private static let firstNode: UInt64 = 1 << 48
    private static let prefix = Array("a made-up document ".utf8)

    /// From 0 on.
    let number: Int

    init(_ number: Int) {
        self.number = number
    }

    init?(_ name: Name) {
        guard name.bytes.starts(with: Self.prefix) else { return nil }
        let digits = String(decoding: name.bytes.dropFirst(Self.prefix.count), as: UTF8.self)
        guard let number = Int(digits), number >= 0 else { return nil }
        self.number = number
    }

    init?(node: UInt64) {
        guard node >= Self.firstNode else { return nil }
        number = Int(node - Self.firstNode)
    }

    var entry: OpenDirectory.Entry {
        let digits = Array(String(10_000_000 + number).utf8)
        return OpenDirectory.Entry(
            name: Name(Self.prefix + digits.dropFirst(digits.count > 8 ? 0 : 1)),
            inode: attributes.inode, type: 8)
    }

    var attributes: FileAttributes {
        FileAttributes(
            device: 1, inode: Self.firstNode + UInt64(number),
            mode: FileKind.regular.rawValue | 0o644, modified: Timestamp(seconds: 1_700_000_000))
    }

    func answer(_ timeouts: Passthrough.Timeouts) -> FuseEntry {
        FuseEntry(
            nodeID: Self.firstNode + UInt64(number), attributes: attributes,
            attributeTimeout: timeouts.attribute, entryTimeout: timeouts.entry)
    }
}
