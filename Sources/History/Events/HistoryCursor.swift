/// A place among the opens, at which a query goes on. Stays good while events are added and trimmed.
public struct HistoryCursor: Hashable, Sendable {
    let key: EventKey
}
