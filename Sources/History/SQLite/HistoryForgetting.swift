import Model
import Platform

/// Removes what is known of selected files. Deleted bytes are overwritten (`secure_delete`); the log is the owner's business.
struct HistoryForgetting {
    /// Paths that are looked at, and forgotten, in one transaction.
    private static let pathsMax = 500

    let writer: HistoryWriter

    /// - Returns: how many files and folders were forgotten.
    func forget(_ selection: HistorySelection) throws(SQLiteError) -> Int {
        let removals = try ["opens", "reads", "listings", "uses"].map { table throws(SQLiteError) in
            try writer.connection.prepare("DELETE FROM \(table) WHERE path = ?1")
        }
        var last: Int64 = 0
        var forgotten = 0
        while true {
            let rows = try writer.paths.rows(after: last, limit: Self.pathsMax)
            guard let end = rows.last else { return forgotten }
            last = end.row
            let selected = rows.filter { selection.contains($0.path, isFolder: $0.isFolder) }
            guard !selected.isEmpty else { continue }
            try writer.connection.transaction { () throws(SQLiteError) in
                for (row, _, _) in selected {
                    for removal in removals {
                        try removal.bind(1, row)
                        try removal.run()
                    }
                }
                // Files first: a folder goes with the last path in it.
                for (row, _, _) in selected.reversed() { try writer.paths.removeIfUnused(row) }
            }
            forgotten += selected.count
        }
    }
}
