/// Three queues, first in first out (Yang, Zhang, Qiu, Yue and Vigfusson, "FIFO Queues are All You Need for Cache
/// Eviction", SOSP 2023, algorithm 1): a tenth of the cache is probation, what is used there more than once moves on,
/// and what comes back soon after it was sent away enters the main queue at once.
struct S3FIFOReplacement: ReplacementPolicy {
    private enum Place: UInt8, Sendable {
        case nowhere, small, main, ghost
    }

    private static let usesMax: UInt8 = 3

    private let capacity: Int
    private let smallMax: Int
    private let ghostsMax: Int
    private var lists: ChunkLists
    private var places: [Place]
    private var uses: [UInt8]
    private var small = ChunkLists.List()
    private var main = ChunkLists.List()
    private var ghosts = ChunkLists.List()

    init(capacity: Int, chunks: Int) {
        self.capacity = capacity
        smallMax = max(1, capacity / 10)
        ghostsMax = capacity - smallMax
        lists = ChunkLists(chunks: chunks)
        places = Array(repeating: .nowhere, count: chunks)
        uses = Array(repeating: 0, count: chunks)
    }

    mutating func access(_ chunk: Int32) -> Bool {
        let place = places[Int(chunk)]
        if place == .small || place == .main {
            uses[Int(chunk)] = min(uses[Int(chunk)] + 1, Self.usesMax)
            return true
        }
        while small.count + main.count >= capacity {
            if small.count >= smallMax || main.count == 0 { evictSmall() } else { evictMain() }
        }
        // Making room may have let the ghost go.
        if places[Int(chunk)] == .ghost {
            lists.remove(chunk, from: &ghosts)
            lists.append(chunk, to: &main)
            places[Int(chunk)] = .main
        } else {
            lists.append(chunk, to: &small)
            places[Int(chunk)] = .small
        }
        uses[Int(chunk)] = 0
        return false
    }

    private mutating func evictSmall() {
        while small.count > 0 {
            let chunk = lists.removeFirst(of: &small)
            if uses[Int(chunk)] > 1 {
                uses[Int(chunk)] = 0
                lists.append(chunk, to: &main)
                places[Int(chunk)] = .main
                if main.count > capacity - smallMax { return evictMain() }
            } else {
                guard ghostsMax > 0 else {
                    places[Int(chunk)] = .nowhere
                    return
                }
                if ghosts.count >= ghostsMax {
                    places[Int(lists.removeFirst(of: &ghosts))] = .nowhere
                }
                lists.append(chunk, to: &ghosts)
                places[Int(chunk)] = .ghost
                return
            }
        }
    }

    private mutating func evictMain() {
        while main.count > 0 {
            let chunk = lists.removeFirst(of: &main)
            if uses[Int(chunk)] > 0 {
                uses[Int(chunk)] -= 1
                lists.append(chunk, to: &main)
            } else {
                places[Int(chunk)] = .nowhere
                return
            }
        }
    }
}
