/// The part of a completion that is made from the command table, between two lines that say so.
enum CompletionBlock {
    static let start = "# What follows comes from the command table: make completions"
    static let end = "# The end of what comes from the command table."

    /// The text of a completion with another block in the place of its own.
    ///
    /// - Parameter parts: lines each; an empty one is put between them.
    /// - Returns: nil where the text has no block.
    static func replaced(in text: String, by parts: [[String]]) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let first = lines.firstIndex(of: start), let last = lines.lastIndex(of: end),
            first < last
        else { return nil }
        var made = Array(lines[..<first])
        made += ([[start]] + parts + [[end]]).joined(separator: [""])
        made += lines[(last + 1)...]
        return made.joined(separator: "\n")
    }
}
