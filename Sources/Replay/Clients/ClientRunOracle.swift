import Foresight
import Model

/// Knows of each run in a file, from its first read on, all that will be read of it; nothing of files that nobody has
/// opened yet and of places that nobody has jumped to.
///
/// ``ClientOracle`` also knows when somebody will press a key. What a method can reach that does not lies between the two:
/// whoever jumps waits for one round trip, and from there on for the link at most. Methods that foresee which file is
/// opened next, or that fetch both ends of a film, may do better than this one.
struct ClientRunOracle: ClientMethod {
    /// Reads at most so many bytes away from those of a run belong to it.
    static let reach: Int64 = 1 << 20

    private let model: ClientModel
    private let blockMax: Int
    /// Each event's next read of the same file, and each file's first that belongs to no run yet; -1 for none.
    private let nextReads: [Int32]
    private var unfollowed: [Int32]
    private var isFollowed: [Bool]
    /// Wishes that memory had no room for, first due first.
    private var held: [Wish] = []
    private var wishes: UInt64 = 0
    private var room: OracleRoom

    init(_ model: ClientModel, blockMax: Int) {
        self.model = model
        self.blockMax = blockMax
        room = OracleRoom(memory: model.memory)
        var next = Array(repeating: Int32(-1), count: model.trace.events.count)
        var first = Array(repeating: Int32(-1), count: model.neighbourhood.files.count)
        for (index, event) in model.trace.events.enumerated().reversed() {
            let file = model.files[Int(event.file)]
            guard event.operation == .read, file >= 0 else { continue }
            next[index] = first[file]
            first[file] = Int32(index)
        }
        nextReads = next
        unfollowed = first
        isFollowed = Array(repeating: false, count: next.count)
    }

    func unit(of facts: FileFacts) -> Int { min(blockMax, facts.chunkSize) }

    mutating func read(
        _ read: ClientRead, outcomes: [PageCache.Outcome], isThere: (Int) -> Bool
    ) -> ClientPlan {
        room.read(read, outcomes: outcomes)
        if outcomes.contains(.miss) { follow(read) }
        return plan()
    }

    mutating func issued(_ number: UInt64, bytes: Int64) {
        room.issued(bytes)
    }

    mutating func evicted(_ facts: FileFacts, _ range: Range<Int64>) {
        room.evicted(range)
    }

    /// A run begins: whatever the recording will read near to it, or near to that.
    private mutating func follow(_ read: ClientRead) {
        var run = read.range
        var index = unfollowed[read.file]
        while index >= 0 {
            let event = model.trace.events[Int(index)]
            let end = min(event.end, read.facts.size)
            if !isFollowed[Int(index)], end > event.offset,
                event.offset <= run.upperBound + Self.reach, end >= run.lowerBound - Self.reach
            {
                isFollowed[Int(index)] = true
                run = min(run.lowerBound, event.offset)..<max(run.upperBound, end)
                wish(read, event.offset..<end, at: event.at)
            }
            index = nextReads[Int(index)]
        }
        while unfollowed[read.file] >= 0, isFollowed[Int(unfollowed[read.file])] {
            unfollowed[read.file] = nextReads[Int(unfollowed[read.file])]
        }
        held.sort { ($0.schedule.due, $0.number) < ($1.schedule.due, $1.number) }
    }

    private mutating func wish(_ read: ClientRead, _ range: Range<Int64>, at time: Int64) {
        let unit = Int64(read.unit)
        wishes += 1
        held.append(
            Wish(
                file: read.file,
                range: range.lowerBound / unit
                    * unit..<min(
                        read.facts.size, (range.upperBound + unit - 1) / unit * unit),
                number: wishes, schedule: PrefetchSchedule(due: .nanoseconds(time))))
    }

    private mutating func plan() -> ClientPlan {
        var plan = ClientPlan()
        // As the other oracle.
        var left = room.left
        while left > 2 * ClientSimulation.requestMax, plan.wishes.count < held.count {
            let wish = held[plan.wishes.count]
            left -= Int64(wish.range.count)
            plan.wishes.append(wish)
        }
        held.removeFirst(plan.wishes.count)
        return plan
    }
}
