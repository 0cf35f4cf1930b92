import Model
import Platform

/// What is written of a path: all of it, hashes of its parts, or nothing.
///
/// Hashes are of this recording only: salted with bytes that are kept nowhere, so that nobody finds out
/// by trying whether a name was among them. One name has one hash, wherever in the tree it stands.
struct PathVeil {
    let names: RecordRequest.Names
    private let salt: [UInt8]

    init(_ names: RecordRequest.Names, salt: [UInt8] = Self.randomSalt()) {
        self.names = names
        self.salt = salt
    }

    static func randomSalt() -> [UInt8] {
        (0..<16).map { _ in UInt8.random(in: .min ... .max) }
    }

    /// As `files.txt` has it: folders end with a slash, the root is `.`. What has no path, or shall
    /// have none, is called by its number, as readers of the list want a word there.
    func text(_ path: RelativePath?, number: UInt64, isFolder: Bool) -> [UInt8] {
        let slash = isFolder ? [UInt8(ascii: "/")] : []
        guard let path, names != .none else { return Array("?\(number)".utf8) + slash }
        guard let last = path.components.last else { return [UInt8(ascii: ".")] }
        var parts = path.components.map(\.bytes)
        if names == .hashed {
            parts = parts.dropLast().map(hash)
            // What a folder's name has behind a dot is part of the name.
            parts.append(hash(last.bytes) + (isFolder ? [] : Self.fileExtension(last.bytes)))
        }
        return Array(parts.joined(separator: [UInt8(ascii: "/")])) + slash
    }

    private func hash(_ name: [UInt8]) -> [UInt8] {
        Array(MessageDigest.sha256(salt + name).hexadecimal.prefix(16).utf8)
    }

    /// Longest extension that is one: `properties`.
    private static let extensionBytesMax = 10

    /// With its dot: what says how a file is read, and nothing else. Digits alone may be a date.
    static func fileExtension(_ name: [UInt8]) -> [UInt8] {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return [] }
        let found = name[(dot + 1)...]
        let isLetter = { (byte: UInt8) in (0x61...0x7A).contains(byte | 0x20) }
        guard (1...extensionBytesMax).contains(found.count),
            found.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) }),
            found.contains(where: isLetter)
        else { return [] }
        return Array(name[dot...])
    }
}
