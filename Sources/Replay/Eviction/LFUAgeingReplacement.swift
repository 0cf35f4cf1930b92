/// Least frequently used with dynamic ageing (LFU-DA; Arlitt, Cherkasova, Dilley, Friedrich and Jin 2000): what the disk
/// tier does. A chunk's rank is its uses plus the age of the cache at its last use, the age being the rank of the last
/// victim; the least recently used first among equals.
struct LFUAgeingReplacement: ReplacementPolicy {
    private let capacity: Int
    private var heap: ChunkHeap
    private var uses: [UInt32]
    private var age: Int64 = 0

    init(capacity: Int, chunks: Int) {
        self.capacity = capacity
        heap = ChunkHeap(chunks: chunks)
        uses = Array(repeating: 0, count: chunks)
    }

    mutating func access(_ chunk: Int32) -> Bool {
        let isHit = heap.contains(chunk)
        if isHit {
            uses[Int(chunk)] += 1
        } else {
            if heap.count >= capacity, let victim = heap.removeLowest() { age = victim.rank }
            uses[Int(chunk)] = 1
        }
        heap.set(chunk, rank: age + Int64(uses[Int(chunk)]))
        return isHit
    }
}
