/// Columns of text: those that start with words to the left, figures to the right.
struct TextTable: Equatable {
    var header: [String]
    var rows: [[String]] = []
    /// Places of the columns that start at their left edge.
    var wordColumns: Set<Int> = [0]

    /// Only these columns, in their order.
    func keeping(_ columns: [Int]) -> TextTable {
        TextTable(
            header: columns.map { header[$0] }, rows: rows.map { row in columns.map { row[$0] } },
            wordColumns: Set(columns.indices.filter { wordColumns.contains(columns[$0]) }))
    }

    /// - Parameter indent: blanks before each line.
    /// - Returns: the header and one line per row.
    func lines(indent: Int = 2, colours: Bool = false) -> [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].columns }.max() ?? 0 }
        return all.enumerated().map { index, cells in
            let parts = cells.indices.map { column in
                guard wordColumns.contains(column) else {
                    return cells[column].alignedRight(to: widths[column])
                }
                // Nothing comes behind the last one.
                let isLast = column == cells.count - 1
                return isLast ? cells[column] : cells[column].padded(to: widths[column])
            }
            let line = String(repeating: " ", count: indent) + parts.joined(separator: "  ")
            return index == 0 ? TextStyle.faint.paint(line, colours: colours) : line
        }
    }
}
