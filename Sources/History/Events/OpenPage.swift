/// Some of the opens that were asked for.
public struct OpenPage: Hashable, Sendable {
    /// Oldest first.
    public var opens: [HistoryEvent]
    /// Where the next page begins; nil when there is no more.
    public var next: HistoryCursor?

    public init(opens: [HistoryEvent], next: HistoryCursor?) {
        self.opens = opens
        self.next = next
    }
}
