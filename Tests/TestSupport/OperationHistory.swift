/// What a generated test has done, for the message of a failure.
public struct OperationHistory {
    private let seed: UInt64
    public private(set) var count = 0
    private var last: [String] = []
    /// Changes and restarts, with the numbers of their operations.
    private var events: [String] = []

    public init(seed: UInt64) {
        self.seed = seed
    }

    public mutating func add(_ what: String) {
        count += 1
        last.append(what)
        if last.count > 25 { last.removeFirst() }
    }

    public mutating func add(event: String) {
        add(event)
        events.append("\(count): \(event)")
    }

    public var text: String { text(about: []) }

    /// - Parameter paths: whose changes are of interest, however long ago.
    public func text(about paths: [[UInt8]]) -> String {
        let names = paths.map(\.printable)
        let about = events.filter { event in names.contains { event.contains($0) } }
        return "LARDER_TEST_SEED=\(TestRun.seed) (here \(seed)), operation \(count)"
            + (about.isEmpty
                ? "" : "; changes:\n  " + about.suffix(30).joined(separator: "\n  "))
            + "\nbefore it:\n  " + last.joined(separator: "\n  ")
    }
}
