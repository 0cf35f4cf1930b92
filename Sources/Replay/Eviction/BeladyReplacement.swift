/// The clairvoyant optimum (Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems
/// Journal 1966): what is used last in the future goes. No policy can do better; how near one comes is what counts.
struct BeladyReplacement: ReplacementPolicy {
    private let capacity: Int
    private var heap: ChunkHeap
    /// For each access, when its chunk is next used; ``never`` if it is not.
    private let nextUses: [Int32]
    private var position = 0

    private static let never = Int32.max

    init(capacity: Int, _ sequence: AccessSequence) {
        self.capacity = capacity
        heap = ChunkHeap(chunks: sequence.chunks)
        var nextUses = Array(repeating: Self.never, count: sequence.accesses.count)
        var later = Array(repeating: Self.never, count: sequence.chunks)
        for index in sequence.accesses.indices.reversed() {
            let chunk = Int(sequence.accesses[index])
            nextUses[index] = later[chunk]
            later[chunk] = Int32(index)
        }
        self.nextUses = nextUses
    }

    /// To be called with the sequence's accesses, in their order.
    mutating func access(_ chunk: Int32) -> Bool {
        let isHit = heap.contains(chunk)
        if !isHit, heap.count >= capacity { _ = heap.removeLowest() }
        heap.set(chunk, rank: -Int64(nextUses[position]))
        position += 1
        return isHit
    }
}
