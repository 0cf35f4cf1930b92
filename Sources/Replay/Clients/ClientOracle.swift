import Foresight

/// Knows the whole recording from its first event on, and fetches what will be read, all of it and nothing else, in the
/// order of the recording, as far ahead as memory lets it: what the link itself leaves for readers to wait.
///
/// No method that fetches in the same grain can do much better. Three things it does not do: several readers may drift apart from the
/// order in which they were recorded; who fetches more than is read saves round trips where reads are small and
/// lanes are few; and where a reader wants more than the link gives, what comes in larger pieces is waited for
/// less often, in pauses that the reader would have made anyway.
struct ClientOracle: ClientMethod {
    private let model: ClientModel
    /// nil: the pages of the recording.
    private let blockMax: Int?
    /// The next read of the recording that was not asked for yet.
    private var next = 0
    /// Wishes that memory had no room for: the next to ask for.
    private var held: Wish?
    private var wishes: UInt64 = 0
    private var room: OracleRoom

    init(_ model: ClientModel, blockMax: Int? = nil) {
        self.model = model
        self.blockMax = blockMax
        room = OracleRoom(memory: model.memory)
    }

    func unit(of facts: FileFacts) -> Int {
        blockMax.map { min($0, facts.chunkSize) } ?? Int(PageCache.pageSize)
    }

    mutating func began(at now: Int64) -> ClientPlan { plan() }

    mutating func read(
        _ read: ClientRead, outcomes: [PageCache.Outcome], isThere: (Int) -> Bool
    ) -> ClientPlan {
        room.read(read, outcomes: outcomes)
        return plan()
    }

    mutating func issued(_ number: UInt64, bytes: Int64) {
        room.issued(bytes)
    }

    mutating func evicted(_ facts: FileFacts, _ range: Range<Int64>) {
        room.evicted(range)
    }

    private mutating func plan() -> ClientPlan {
        var plan = ClientPlan()
        // With room for one read more.
        var left = room.left
        while left > 2 * ClientSimulation.requestMax, let wish = takeWish() {
            left -= Int64(wish.range.count)
            plan.wishes.append(wish)
        }
        return plan
    }

    /// The next read of the recording, and those behind it that go on where it ends, but for the very first.
    private mutating func takeWish() -> Wish? {
        var wish = held
        held = nil
        while next < model.trace.events.count {
            let event = model.trace.events[next]
            next += 1
            let file = model.files[Int(event.file)]
            guard event.operation == .read, file >= 0 else { continue }
            let facts = model.neighbourhood.files[file]
            let end = min(event.end, facts.size)
            guard end > event.offset else { continue }
            let unit = Int64(unit(of: facts))
            let range =
                event.offset / unit * unit..<min(facts.size, (end + unit - 1) / unit * unit)
            if let known = wish {
                if wishes > 1, known.file == file, known.range.lowerBound <= range.lowerBound,
                    range.lowerBound <= known.range.upperBound,
                    range.upperBound - known.range.lowerBound <= ClientSimulation.prefetchMax
                {
                    wish?.range =
                        known.range.lowerBound..<max(known.range.upperBound, range.upperBound)
                    continue
                }
                held = Wish(file: file, range: range, number: number())
                return known
            }
            wish = Wish(file: file, range: range, number: number())
        }
        return wish
    }

    private mutating func number() -> UInt64 {
        wishes += 1
        return wishes
    }
}
