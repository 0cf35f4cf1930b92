/// The state of Leap for one stream of accesses (Al Maruf and Chowdhury, "Effectively Prefetching Remote Memory
/// with Leap", USENIX ATC 2020, algorithms 1 and 2).
///
/// The last ``historyMax`` steps between accesses are kept. The trend is the step that more than half of the newest
/// few have in common (Boyer and Moore's majority vote), looked for in a window that doubles until there is
/// one. How much is fetched follows how much of the last was used.
struct LeapTrend: Sendable {
    static let historyMax = 32
    /// Newest steps that the first window looks at.
    static let firstWindow = 4

    private let windowMax: Int
    private var steps: [Int] = []
    /// Where the newest step stands in the ring.
    private var newest = -1
    private var lastWindow = 0
    /// Uses of what was fetched ahead, since the window was last set.
    private var hits = 0

    /// - Parameter windowMax: positions fetched at once, at most.
    init(windowMax: Int) {
        self.windowMax = windowMax
    }

    mutating func used(_ count: Int) { hits += count }

    mutating func note(step: Int) {
        newest = (newest + 1) % Self.historyMax
        if steps.count < Self.historyMax { steps.append(step) } else { steps[newest] = step }
    }

    /// What to fetch now. - Returns: the step to go on with and how often; nil for nothing.
    mutating func next() -> (step: Int, count: Int)? {
        guard !steps.isEmpty else { return nil }
        let trend = trend()
        let window = nextWindow(followsTrend: trend == steps[newest])
        guard window > 0, let trend else { return nil }
        return (trend, window)
    }

    private mutating func nextWindow(followsTrend: Bool) -> Int {
        var window = followsTrend ? 1 : 0
        if hits > 0 {
            window = 1
            while window < hits + 1 { window *= 2 }
            window = min(window, windowMax)
        }
        // It shrinks by half at once, at most.
        window = max(window, lastWindow / 2)
        hits = 0
        lastWindow = window
        return window
    }

    private func trend() -> Int? {
        var length = Self.firstWindow
        while length <= Self.historyMax {
            if let found = majority(ofNewest: length) { return found }
            if length >= steps.count { return nil }
            length *= 2
        }
        return nil
    }

    /// - Parameter length: missing steps count as disagreeing.
    private func majority(ofNewest length: Int) -> Int? {
        let known = min(length, steps.count)
        var candidate = 0
        var lead = 0
        for back in 0..<known {
            let step = self.step(back)
            if lead == 0 {
                candidate = step
                lead = 1
            } else {
                lead += step == candidate ? 1 : -1
            }
        }
        var count = 0
        for back in 0..<known where step(back) == candidate { count += 1 }
        return count > length / 2 ? candidate : nil
    }

    private func step(_ back: Int) -> Int {
        steps[(newest - back + Self.historyMax) % Self.historyMax]
    }
}
