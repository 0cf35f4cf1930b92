import Foresight
import Model

/// The product's own predictor in the client model, over the product's own blocks.
struct ClientForesight: ClientMethod {
    private var foresight: Foresight
    private let neighbourhood: ListedNeighbourhood
    private let blockMax: Int

    init(_ settings: ForesightSettings, _ neighbourhood: ListedNeighbourhood, memory: Int64) {
        blockMax = settings.unit ?? ChunkGeometry.blockSizeMax
        foresight = Foresight(settings.configuration(unit: blockMax, memory: memory))
        foresight.setLink(settings.link)
        self.neighbourhood = neighbourhood
    }

    func unit(of facts: FileFacts) -> Int { min(blockMax, facts.chunkSize) }

    mutating func opened(_ facts: FileFacts, _ reader: Reader, at now: Int64) -> ClientPlan {
        let event = OpenEvent(file: facts, reader: reader, at: .nanoseconds(now))
        // On a line of its own: as an argument of a method of ours, it would change a copy of us.
        let found = foresight.opened(event, among: neighbourhood)
        return plan(found)
    }

    mutating func closed(_ facts: FileFacts, _ reader: Reader, at now: Int64) {
        foresight.closed(facts.number, reader: reader, at: .nanoseconds(now))
    }

    mutating func read(
        _ read: ClientRead, outcomes: [PageCache.Outcome], isThere: (Int) -> Bool
    ) -> ClientPlan {
        let event = ReadEvent(
            file: read.facts.number, fileSize: read.facts.size, chunkSize: read.facts.chunkSize,
            range: read.range, reader: read.reader, at: .nanoseconds(read.at),
            isWarm: outcomes.allSatisfy { $0 == .hit })
        let found = foresight.read(event, among: neighbourhood)
        return plan(found)
    }

    func start(after read: ClientRead) -> PlanStart {
        read.range.count < Foresight.readerMin ? .answered : .opened
    }

    /// As the tiers cut what is fetched ahead: whoever comes next waits for one such piece at most.
    var requestMax: Int64 { ClientSimulation.prefetchMax }

    var bytesAheadMax: Int {
        foresight.bytesAheadMax(requestMax: Int(requestMax))
    }

    mutating func measured(_ link: LinkState) {
        foresight.setLink(link)
    }

    mutating func missed(bytes: Int64) {
        foresight.missed(bytes: bytes)
    }

    mutating func issued(_ number: UInt64, bytes: Int64) {
        foresight.issued(PredictionNumber(number), bytes: bytes)
    }

    mutating func arrived(_ number: UInt64, at now: Int64) {
        foresight.arrived(PredictionNumber(number), at: .nanoseconds(now))
    }

    mutating func evicted(_ facts: FileFacts, _ range: Range<Int64>) {
        foresight.evicted(facts.number, range)
    }

    private func plan(_ found: PrefetchPlan) -> ClientPlan {
        guard !found.isEmpty else { return ClientPlan() }
        return ClientPlan(
            wishes: found.requests.compactMap { request in
                neighbourhood.positions[request.file.value].map {
                    Wish(
                        file: $0, range: request.range, number: request.number.value,
                        schedule: request.schedule)
                }
            },
            cancelled: found.cancellations.map(\.number.value))
    }
}
