/// Finds a constant or repeating step among the last reads of a file that no stream took.
///
/// Boyer and Moore's majority vote over the newest 4 … 16 steps, the window growing until a majority is found (as
/// Leap does, Maruf and Chowdhury, USENIX ATC 2020), so that noise between does no harm; a majority counts only
/// if the step series agrees with itself when it is shifted by one (autocorrelation). Where no step has a
/// majority, a repeating cycle of two to four steps is looked for by the same means.
struct StrideDetector: Sendable {
    static let historyMax = 17

    struct Finding: Sendable, Equatable {
        /// Bytes from start to start; of a whole cycle where the steps repeat in cycles.
        var stride: Int64
        /// Reads that follow it.
        var reads: Int
    }

    private struct Entry: Sendable {
        var start: Int64
        var processID: Int32
    }

    private var entries: [Entry] = []
    private var next = 0

    /// A read that no stream took. - Returns: the stride that it confirms, at least twice `length`.
    mutating func note(start: Int64, length: Int64, processID: Int32) -> Finding? {
        let entry = Entry(start: start, processID: processID)
        if entries.count < Self.historyMax {
            if entries.isEmpty { entries.reserveCapacity(Self.historyMax) }
            entries.append(entry)
        } else {
            entries[next] = entry
        }
        next = (next + 1) % Self.historyMax
        guard entries.count >= 4 else { return nil }
        var steps = Steps()
        collect(processID, into: &steps)
        guard let finding = Self.find(in: steps), abs(finding.stride) >= 2 * length else {
            return nil
        }
        return finding
    }

    mutating func forget() {
        entries.removeAll(keepingCapacity: true)
        next = 0
    }

    /// Newest first. Fixed in size: finding a stride allocates nothing.
    struct Steps: Sendable {
        private var values = SIMD16<Int64>(repeating: 0)
        private(set) var count = 0

        subscript(index: Int) -> Int64 { values[index] }

        mutating func append(_ step: Int64) {
            guard count < 16 else { return }
            values[count] = step
            count += 1
        }
    }

    private func collect(_ processID: Int32, into steps: inout Steps) {
        var later: Int64?
        for back in 1...entries.count {
            let entry = entries[(next - back + 2 * Self.historyMax) % Self.historyMax]
            guard entry.processID == processID else { continue }
            if let later { steps.append(later - entry.start) }
            later = entry.start
        }
    }

    static func find(in steps: Steps) -> Finding? {
        guard steps.count >= 3 else { return nil }
        var window = min(4, steps.count)
        while true {
            if let stride = majority(of: steps, window), isSame(stride, steps[0]),
                autocorrelation(of: steps, window, lag: 1) >= 0.5 || window <= 4
            {
                let followed = (0..<window).count { isSame(stride, steps[$0]) }
                if followed >= 3 {
                    return Finding(
                        stride: mean(of: steps, window, near: stride), reads: followed + 1)
                }
            }
            guard window < steps.count else { break }
            window = min(window * 2, steps.count)
        }
        return cycle(in: steps)
    }

    /// A step that more than half of the newest `window` have, within ``isSame(_:_:)``.
    private static func majority(of steps: Steps, _ window: Int) -> Int64? {
        var candidate: Int64 = 0
        var votes = 0
        for index in 0..<window {
            if votes == 0 {
                candidate = steps[index]
                votes = 1
            } else {
                votes += isSame(candidate, steps[index]) ? 1 : -1
            }
        }
        let held = (0..<window).count { isSame(candidate, steps[$0]) }
        return candidate != 0 && 2 * held > window ? candidate : nil
    }

    private static func mean(of steps: Steps, _ window: Int, near stride: Int64) -> Int64 {
        var sum: Int64 = 0
        var count: Int64 = 0
        for index in 0..<window where isSame(stride, steps[index]) {
            sum += steps[index]
            count += 1
        }
        return count == 0 ? stride : sum / count
    }

    /// A cycle of 2 … 4 steps that has repeated twice, all going the same way.
    private static func cycle(in steps: Steps) -> Finding? {
        for lag in 2...4 where steps.count >= 3 * lag {
            let window = 3 * lag
            let repeats = (0..<(window - lag)).allSatisfy { isSame(steps[$0], steps[$0 + lag]) }
            guard repeats, autocorrelation(of: steps, window, lag: lag) >= 0.5 else { continue }
            let stride = (0..<lag).reduce(Int64(0)) { $0 + steps[$1] }
            if stride != 0 { return Finding(stride: stride, reads: window + 1) }
        }
        return nil
    }

    /// Equal but for the rounding of offsets to pages.
    static func isSame(_ a: Int64, _ b: Int64) -> Bool {
        abs(a - b) <= (abs(a) >= 64 << 10 ? 4096 : 0) && (a < 0) == (b < 0)
    }

    /// Autocorrelation of the newest `window` steps at `lag`, −1 … 1; 1 for a series that does not vary.
    ///
    /// `Σ (s[i] − m)(s[i+lag] − m) / Σ (s[i] − m)²`, both sums over the overlapping part.
    static func autocorrelation(of steps: Steps, _ window: Int, lag: Int) -> Double {
        guard window > lag else { return 0 }
        var mean = 0.0
        for index in 0..<window { mean += Double(steps[index]) }
        mean /= Double(window)
        var product = 0.0
        var square = 0.0
        for index in 0..<(window - lag) {
            let a = Double(steps[index]) - mean
            let b = Double(steps[index + lag]) - mean
            product += a * b
            square += a * a
        }
        // Rounding to pages is no variation.
        guard square > Double(window) * 4096 * 4096 else { return 1 }
        return product / square
    }
}
