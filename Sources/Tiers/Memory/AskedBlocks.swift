import Model

/// Blocks that readers asked for and that had to be brought to memory, by content type: those that a tier had, and those
/// that came from behind it. Each counts once, when it is asked for; what was only fetched ahead does not.
public struct AskedBlocks: Sendable {
    /// By the content type's raw value; empty while there is nothing.
    public private(set) var found: [Int] = []
    public private(set) var missed: [Int] = []

    var isEmpty: Bool { found.isEmpty }

    mutating func add(_ type: ContentType, found: Int, missed: Int) {
        if isEmpty {
            self.found = ContentType.allCases.map { _ in 0 }
            self.missed = self.found
        }
        self.found[Int(type.rawValue)] += found
        self.missed[Int(type.rawValue)] += missed
    }
}
