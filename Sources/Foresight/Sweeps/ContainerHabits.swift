import Model

/// What readers of media do when they open a file, learned by file name extension: whether they jump to its end.
///
/// MP4 and AVI keep their index there and players fetch it first; MKV's cues are wanted only at the first seek.
/// The habit decides whether the tail is fetched at open, whatever was fetched before.
struct ContainerHabits: Sendable {
    /// An index is looked for in this many bytes at the end.
    static let tailMax: Int64 = 4 << 20
    /// Files smaller than this are read as a whole by the first window.
    static let sizeMin: Int64 = 2 << 20
    static let extensionsMax = 64

    private struct Habit: Sendable {
        var opens: Double
        var jumps: Double
        /// Bytes before the end where they jumped to.
        var tail: Int64
    }

    private var habits: [String: Habit] = [
        "mp4": Habit(opens: 4, jumps: 3, tail: 512 << 10),
        "m4v": Habit(opens: 4, jumps: 3, tail: 512 << 10),
        "m4a": Habit(opens: 4, jumps: 2, tail: 128 << 10),
        "mov": Habit(opens: 4, jumps: 3, tail: 512 << 10),
        "avi": Habit(opens: 4, jumps: 3, tail: 512 << 10),
    ]

    /// Bytes at the end to fetch when such a file is opened; 0 for none.
    func tail(for facts: FileFacts, chanceMin: Double) -> Int64 {
        guard facts.size >= Self.sizeMin, let habit = habits[FileNaming.fileExtension(facts.name)],
            habit.jumps / habit.opens >= chanceMin
        else { return 0 }
        return min(habit.tail, facts.size)
    }

    /// A file was read for a while. - Parameter tailStart: where somebody jumped to; nil if nobody did.
    mutating func note(_ facts: FileFacts, tailStart: Int64?) {
        guard facts.size >= Self.sizeMin else { return }
        let name = FileNaming.fileExtension(facts.name)
        guard habits[name] != nil || habits.count < Self.extensionsMax else { return }
        var habit = habits[name] ?? Habit(opens: 2, jumps: 0, tail: 0)
        habit.opens += 1
        if let tailStart {
            habit.jumps += 1
            habit.tail = max(facts.size - tailStart, habit.tail - habit.tail / 8)
        }
        if habit.opens > 32 {
            habit.opens /= 2
            habit.jumps /= 2
        }
        habits[name] = habit
    }
}
