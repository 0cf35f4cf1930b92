import Model

/// Something that expects what will be read, for a reason of its own.
///
/// Told of events, it proposes candidates; what of them is asked for is the ``Arbiter``'s to say. A predictor keeps what it alone has learned; what
/// several know of files and folders is in the ``Scene``. One more is one more file: it is made with whatever model it has, and
/// added to ``Foresight`` and ``PredictorSet``. One that is not in the set of the configuration is not called.
protocol Predictor: Sendable {
    /// Somebody has opened a file.
    mutating func opened(
        _ event: OpenEvent, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan)

    /// A read went on in a stream, or began one.
    mutating func read(
        _ step: ReadStep, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan)
}

extension Predictor {
    mutating func opened(
        _ event: OpenEvent, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {}

    mutating func read(
        _ step: ReadStep, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {}
}

/// A read, and where it belongs.
struct ReadStep {
    var event: ReadEvent
    /// Place of the file in ``FileTable``.
    var file: Int
    /// Number of its stream there.
    var stream: Int
    /// The stream begins with it.
    var isNew: Bool
}

/// What a predictor expects to be read.
struct Candidate {
    /// Place of the file in ``FileTable``.
    var file: Int
    /// Bytes, inside the file.
    var range: Range<Int64>
    /// That they will be read: 0 ... 1.
    var probability: Double
    var reason: PrefetchReason
    /// For a person: ``Prediction/words`` makes a sentence of it.
    var because: Prediction.Because
    /// When the first of them will be asked for; nil: at once.
    var due: Duration?
    /// When it is pointless, if nobody has asked for it by then; nil: some minutes after it was fetched.
    var until: Duration?
    /// It is not fetched: what comes of it says how good its reason is.
    var isWatched: Bool
    /// Of a file that is expected because of others: its content type, which may ask for more likelihood.
    var relatedType: ContentType?

    init(
        _ file: Int, _ range: Range<Int64>, probability: Double, _ reason: PrefetchReason,
        _ because: Prediction.Because, due: Duration? = nil, until: Duration? = nil,
        relatedType: ContentType? = nil, isWatched: Bool = false
    ) {
        self.file = file
        self.range = range
        self.probability = probability
        self.reason = reason
        self.because = because
        self.due = due
        self.until = until
        self.isWatched = isWatched
        self.relatedType = relatedType
    }
}

/// What all predictors know, and who decides between them.
struct Scene: Sendable {
    var files = FileTable(filesMax: Foresight.filesMax)
    var folders = FolderTable()
    var arbiter: Arbiter

    mutating func propose(_ candidate: Candidate, at now: Duration, _ plan: inout PrefetchPlan) {
        arbiter.propose(candidate, of: &files, at: now, &plan)
    }

    /// Begins to follow a file that nobody has opened yet; nil where somebody has read of it already.
    mutating func touchUnread(_ facts: FileFacts) -> Int? {
        let place = files.touch(facts.number, size: facts.size, chunkSize: facts.chunkSize)
        guard files[place].reads == 0 else { return nil }
        if files[place].facts == nil { files[place].facts = facts }
        return place
    }
}
