/// What a file remembers of a prediction, so that a read need not look at each of them in the ledger.
struct OutstandingPrediction: Sendable {
    var number: PredictionNumber
    /// In the ledger's ring, until another takes it.
    var place: Int
    var range: Range<Int64>
}
