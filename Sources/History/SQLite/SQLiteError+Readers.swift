import Platform

extension SQLiteError {
    /// A reader still sees what the log has, so that it cannot be emptied.
    static let heldByReader = SQLiteError(busy: "somebody reads the history")
}
