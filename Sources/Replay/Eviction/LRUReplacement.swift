/// Least recently used: what the memory tier does.
struct LRUReplacement: ReplacementPolicy {
    private let capacity: Int
    private var lists: ChunkLists
    private var order = ChunkLists.List()
    private var isHeld: [Bool]

    init(capacity: Int, chunks: Int) {
        self.capacity = capacity
        lists = ChunkLists(chunks: chunks)
        isHeld = Array(repeating: false, count: chunks)
    }

    mutating func access(_ chunk: Int32) -> Bool {
        if isHeld[Int(chunk)] {
            lists.moveToBack(chunk, of: &order)
            return true
        }
        if order.count >= capacity { isHeld[Int(lists.removeFirst(of: &order))] = false }
        lists.append(chunk, to: &order)
        isHeld[Int(chunk)] = true
        return false
    }
}
