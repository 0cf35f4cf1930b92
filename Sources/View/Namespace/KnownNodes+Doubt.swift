import Model
import Platform
import Synchronization
import Tiers

extension KnownNodes {
    /// Trusts nothing any more that is known of what lies at and below a path, as of now.
    ///
    /// - Returns: how many files and folders that are.
    func doubt(_ path: RelativePath) -> Int {
        let now = now
        let place = change { table, _, effects -> NodeTable.Whereabouts in
            table.beginDoubt(at: now)
            let place = table.whereabouts(of: path)
            switch place {
            case .folder, .other: break
            case .unknown(let folder): table.doubtNames(in: folder, at: now, &effects)
            case .nowhere:
                // It may have come since, or a folder above it.
                var above = path
                while !above.components.isEmpty {
                    above = above.parent
                    guard case .folder(let folder) = table.whereabouts(of: above) else { continue }
                    table.doubtNames(in: folder, at: now, &effects)
                    break
                }
            }
            return place
        }
        switch place {
        case .folder(let id), .other(let id): return doubt(below: id)
        case .nowhere, .unknown: return 0
        }
    }

    /// As ``doubt(_:)``, of a node and what is below it.
    @discardableResult
    func doubt(below id: NodeID) -> Int {
        let now = now
        var count = 0
        visit(below: id) { table, id, effects in
            table.doubt(id, at: now, &effects)
            count += 1
        }
        return count
    }
}
