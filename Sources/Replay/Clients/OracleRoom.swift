import Foresight

/// The part of memory that an oracle may fill: as much as the cache keeps for what nobody has read yet.
struct OracleRoom: Sendable {
    private let memory: Int64
    /// Bytes that were asked for, and not read yet.
    private var ahead: Int64 = 0

    init(memory: Int64) {
        self.memory = memory
    }

    /// Bytes that may still be asked for.
    var left: Int64 { memory / 2 - ahead }

    mutating func read(_ read: ClientRead, outcomes: [PageCache.Outcome]) {
        for (block, outcome) in zip(read.blocks, outcomes) where outcome == .firstUse {
            let start = Int64(block) * Int64(read.unit)
            ahead -= min(Int64(read.unit), read.facts.size - start)
        }
    }

    /// - Parameter bytes: what was asked for, less what is there already.
    mutating func issued(_ bytes: Int64) { ahead += bytes }

    mutating func evicted(_ range: Range<Int64>) { ahead -= Int64(range.count) }
}
