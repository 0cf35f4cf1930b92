/// What a recorder has done since it began.
public struct RecorderFigures: Hashable, Sendable {
    /// Events that it was told of and that are not excluded; a read counts before it is joined.
    public internal(set) var noted = 0
    public internal(set) var excluded = 0
    /// Records in the store.
    public internal(set) var written = 0
    /// Records for which there was no room while the store failed or fell behind.
    public internal(set) var dropped = 0
    /// Attempts to write that failed.
    public internal(set) var failures = 0
    /// Records that wait to be written.
    public internal(set) var waiting = 0
    /// Why the last attempt failed; nil after one that did not.
    public internal(set) var trouble: HistoryError?
}
