/// Doubly linked lists of chunks that share their links: a chunk is in one list at most.
struct ChunkLists: Sendable {
    static let none: Int32 = -1

    /// One list: its first and last chunk, and how many there are.
    struct List: Sendable {
        fileprivate(set) var first = ChunkLists.none
        fileprivate(set) var last = ChunkLists.none
        fileprivate(set) var count = 0
    }

    private var previous: [Int32]
    private var next: [Int32]

    init(chunks: Int) {
        previous = Array(repeating: Self.none, count: chunks)
        next = previous
    }

    mutating func append(_ chunk: Int32, to list: inout List) {
        previous[Int(chunk)] = list.last
        next[Int(chunk)] = Self.none
        if list.last == Self.none { list.first = chunk } else { next[Int(list.last)] = chunk }
        list.last = chunk
        list.count += 1
    }

    mutating func remove(_ chunk: Int32, from list: inout List) {
        let (before, behind) = (previous[Int(chunk)], next[Int(chunk)])
        if before == Self.none { list.first = behind } else { next[Int(before)] = behind }
        if behind == Self.none { list.last = before } else { previous[Int(behind)] = before }
        list.count -= 1
    }

    mutating func removeFirst(of list: inout List) -> Int32 {
        let chunk = list.first
        remove(chunk, from: &list)
        return chunk
    }

    mutating func moveToBack(_ chunk: Int32, of list: inout List) {
        guard list.last != chunk else { return }
        remove(chunk, from: &list)
        append(chunk, to: &list)
    }
}
