import Model

/// Nodes by the inode number that the share gave for them: how the other nodes of a file are found.
///
/// Most numbers lead to one node. In many small tables, since one for a million nodes takes long to grow.
struct InodeIndex: Sendable {
    private static let shardCount = 256

    private var first: [[UInt64: NodeID]] = Array(repeating: [:], count: shardCount)
    /// Of numbers that lead to several.
    private var further: [UInt64: Set<NodeID>] = [:]

    mutating func insert(_ inode: UInt64, _ id: NodeID) {
        let shard = Self.shard(inode)
        guard first[shard][inode] != nil else {
            first[shard][inode] = id
            return
        }
        further[inode, default: []].insert(id)
    }

    mutating func remove(_ inode: UInt64, _ id: NodeID) {
        let shard = Self.shard(inode)
        guard first[shard][inode] == id else {
            further[inode]?.remove(id)
            if further[inode]?.isEmpty == true { further[inode] = nil }
            return
        }
        first[shard][inode] = further[inode]?.popFirst()
        if further[inode]?.isEmpty == true { further[inode] = nil }
        giveBack(shard)
    }

    /// A dictionary keeps the room that it once had.
    private mutating func giveBack(_ shard: Int) {
        guard first[shard].capacity > 64, first[shard].count < first[shard].capacity / 8 else {
            return
        }
        first[shard] = Dictionary(uniqueKeysWithValues: first[shard].lazy.map { ($0, $1) })
    }

    subscript(_ inode: UInt64) -> [NodeID] {
        guard let id = first[Self.shard(inode)][inode] else { return [] }
        return [id] + (further[inode] ?? [])
    }

    /// Numbers are often handed out in order, or in steps of a power of two.
    private static func shard(_ inode: UInt64) -> Int {
        Int(truncatingIfNeeded: (inode &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}
