/// Size of a buffer: a power of two from 4 to 64 KiB.
struct SizeClass: Hashable, Sendable {
    static let count = 5
    private static let smallest = 4 << 10

    /// 0 ..< ``count``, smallest first.
    let index: Int

    init(index: Int) {
        precondition((0..<Self.count).contains(index))
        self.index = index
    }

    /// The smallest class for `count` bytes, at most 65,536.
    init(holding count: Int) {
        var index = 0
        while Self.smallest << index < count { index += 1 }
        precondition(index < Self.count, "block larger than 64 KiB")
        self.index = index
    }

    static let all = (0..<count).map(SizeClass.init(index:))

    var bytes: Int { Self.smallest << index }
    var slotsPerSlab: Int { Slab.bytes / bytes }
}
