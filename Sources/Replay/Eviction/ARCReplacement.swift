/// Adaptive replacement cache (Megiddo and Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003,
/// figure 4): what was used once and what was used again are kept apart, and ghosts of both say which deserves more.
struct ARCReplacement: ReplacementPolicy {
    private enum Place: UInt8, Sendable {
        case nowhere, once, again, onceGhost, againGhost
    }

    private let capacity: Int
    private var lists: ChunkLists
    private var places: [Place]
    /// The paper's T1, T2, B1 and B2, least recently used first.
    private var once = ChunkLists.List()
    private var again = ChunkLists.List()
    private var onceGhosts = ChunkLists.List()
    private var againGhosts = ChunkLists.List()
    /// The paper's p: how many chunks that were used once are wanted.
    private var target = 0.0

    init(capacity: Int, chunks: Int) {
        self.capacity = capacity
        lists = ChunkLists(chunks: chunks)
        places = Array(repeating: .nowhere, count: chunks)
    }

    mutating func access(_ chunk: Int32) -> Bool {
        switch places[Int(chunk)] {
        case .once:
            lists.remove(chunk, from: &once)
            enterAgain(chunk)
            return true
        case .again:
            lists.moveToBack(chunk, of: &again)
            return true
        case .onceGhost:
            let step = max(1, Double(againGhosts.count) / Double(onceGhosts.count))
            target = min(target + step, Double(capacity))
            replace(isAgainGhost: false)
            lists.remove(chunk, from: &onceGhosts)
            enterAgain(chunk)
        case .againGhost:
            let step = max(1, Double(onceGhosts.count) / Double(againGhosts.count))
            target = max(target - step, 0)
            replace(isAgainGhost: true)
            lists.remove(chunk, from: &againGhosts)
            enterAgain(chunk)
        case .nowhere:
            makeRoom()
            lists.append(chunk, to: &once)
            places[Int(chunk)] = .once
        }
        return false
    }

    private mutating func enterAgain(_ chunk: Int32) {
        lists.append(chunk, to: &again)
        places[Int(chunk)] = .again
    }

    /// Case IV of the paper.
    private mutating func makeRoom() {
        if once.count + onceGhosts.count >= capacity {
            if once.count < capacity {
                places[Int(lists.removeFirst(of: &onceGhosts))] = .nowhere
                replace(isAgainGhost: false)
            } else {
                places[Int(lists.removeFirst(of: &once))] = .nowhere
            }
        } else {
            let total = once.count + again.count + onceGhosts.count + againGhosts.count
            guard total >= capacity else { return }
            if total >= 2 * capacity {
                places[Int(lists.removeFirst(of: &againGhosts))] = .nowhere
            }
            replace(isAgainGhost: false)
        }
    }

    /// The paper's REPLACE.
    private mutating func replace(isAgainGhost: Bool) {
        let count = Double(once.count)
        if once.count > 0, count > target || (isAgainGhost && count == target) || again.count == 0 {
            let victim = lists.removeFirst(of: &once)
            lists.append(victim, to: &onceGhosts)
            places[Int(victim)] = .onceGhost
        } else if again.count > 0 {
            let victim = lists.removeFirst(of: &again)
            lists.append(victim, to: &againGhosts)
            places[Int(victim)] = .againGhost
        }
    }
}
