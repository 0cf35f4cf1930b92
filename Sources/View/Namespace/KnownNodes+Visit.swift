import Model
import Platform
import Synchronization
import Tiers

extension KnownNodes {
    /// Nodes that are visited under one hold of the table's lock: lookups get in between.
    private static let visitedAtOnce = 1024

    /// Visits what is known at and below a node, some at a time.
    func visit(
        below id: NodeID,
        _ body: (inout NodeTable, NodeID, inout NodeTable.Effects) -> Void
    ) {
        var queue = [id]
        while !queue.isEmpty {
            let batch = Array(queue.suffix(Self.visitedAtOnce))
            queue.removeLast(batch.count)
            var effects = NodeTable.Effects()
            queue += table.withLock { table -> [NodeID] in
                var inside: [NodeID] = []
                for id in batch where table.isKnown(id) {
                    body(&table, id, &effects)
                    if let state = table[directory: id] { inside += state.children.values }
                }
                return inside
            }
            apply(effects)
        }
    }
}
