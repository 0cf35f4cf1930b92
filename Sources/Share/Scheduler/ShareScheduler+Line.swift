extension ShareScheduler {
    /// Jobs in the order in which they are taken. Taking the first costs the same however many wait.
    struct Line {
        /// nil before `head`: taken.
        private var slots: [Job?] = []
        private var head = 0

        var count: Int { slots.count - head }

        func firstIndex(where condition: (Job) -> Bool) -> Int? {
            slots[head...].firstIndex { $0.map(condition) ?? false }.map { $0 - head }
        }

        func lastIndex(where condition: (Job) -> Bool) -> Int? {
            slots[head...].lastIndex { $0.map(condition) ?? false }.map { $0 - head }
        }

        mutating func insert(_ job: Job, at place: Int) {
            slots.insert(job, at: head + place)
        }

        mutating func append(_ job: Job) {
            slots.append(job)
        }

        mutating func remove(at place: Int) -> Job? {
            guard place == 0 else { return slots.remove(at: head + place) }
            defer {
                slots[head] = nil
                head += 1
                if head >= 1024 || head == slots.count {
                    slots.removeFirst(head)
                    head = 0
                }
            }
            return slots[head]
        }

        mutating func removeFirst() -> Job? { count == 0 ? nil : remove(at: 0) }

        mutating func removeAll(where condition: (Job) -> Bool) -> [Job] {
            let taken = slots[head...].compactMap { $0 }.filter(condition)
            if !taken.isEmpty {
                slots = slots[head...].filter { $0.map { !condition($0) } ?? false }
                head = 0
            }
            return taken
        }
    }
}
