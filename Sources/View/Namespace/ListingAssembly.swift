import Model

/// What has come of a listing that is under way.
struct ListingAssembly: Sendable {
    let id: NodeID
    /// By which it was looked for first.
    let path: RelativePath
    let question: OpenQuestions.Number
    /// When the share was first asked (monotonic).
    let since: Duration
    /// Of the folder, as the share had them before it listed it.
    var directory: FileAttributes?
    /// The entries so far, merged already.
    var order: [DirectoryState.Entry] = []
    /// Entries that were left out so far.
    var refused = 0
    /// What the share took for its answers so far, without the time for which the questions waited for a lane.
    var cost = Duration.zero
    /// The folder may have names that are not among them.
    var hasGaps = false
}
