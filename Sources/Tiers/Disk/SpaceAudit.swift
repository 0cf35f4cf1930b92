import Model
import Platform

/// Where bytes of the file system are accounted: object directories by the key's first byte, or packs.
enum SpacePlace: Hashable {
    case objects(UInt8)
    case packs

    init(_ key: ObjectKey) {
        self = .objects(UInt8(truncatingIfNeeded: key.words.0 >> 56))
    }
}

/// Counts again what is really there, in small steps between other work, and so corrects what measuring
/// before and after each change cannot see: blocks that the file system takes or gives back later for its own
/// purposes (extent trees, preallocation), and files that somebody removed.
///
/// Changes go on meanwhile: those in places already counted are added, the rest is counted when its turn comes.
struct SpaceAudit {
    /// Changes since the last audit after which another one begins; each may be off by a page.
    static let changesMin = 4096
    /// Changes between two steps while the keeper is busy.
    static let changesPerStep = 64

    /// Object directories below this first byte are counted; 256: all of them, 257: packs too.
    private var position = 0
    private var bytes: Int64 = 0

    mutating func charge(_ bytes: Int64, _ place: SpacePlace) {
        switch place {
        case .objects(let first): if Int(first) < position { self.bytes += bytes }
        case .packs: if position > 256 { self.bytes += bytes }
        }
    }

    /// - Returns: all bytes at the end, nil while there is more to count.
    mutating func step(_ core: DiskCore) -> Int64? {
        if position < 256 {
            let digits = String(position, radix: 16)
            let outer = "objects/" + (digits.count < 2 ? "0" + digits : digits)
            position += 1
            guard let inner = core.names(in: outer) else { return nil }
            bytes += core.files.allocated(Array(outer.utf8))
            for name in inner {
                let leaf = outer + "/" + name
                bytes += core.files.allocated(Array(leaf.utf8))
                for file in core.names(in: leaf) ?? [] {
                    bytes += core.files.allocated(Array((leaf + "/" + file).utf8))
                }
            }
            return nil
        }
        position += 1
        for name in core.names(in: "packs") ?? [] {
            bytes += core.files.allocated(Array(("packs/" + name).utf8))
        }
        return bytes
    }
}

extension DiskCore {
    /// Names in a directory below the cache directory; nil when there is no such directory.
    func names(in path: String) -> [String]? {
        guard
            let directory = try? FileCalls.open(
                at: objectsRoot.rawValue, Array(path.utf8), [.readOnly, .directory, .noFollow])
        else { return nil }
        var reader = DirectoryReader(directory)
        var names: [String] = []
        while let batch = try? reader.next() { names += batch.map(\.name.description) }
        return names
    }
}
