/// W-TinyLFU (Einziger, Friedman and Manes 2017): newcomers pass through a window, and enter the main part only if they
/// were used more often lately than what would have to go. The main part is a segmented LRU of which 80 % are for
/// chunks that were used there.
struct WindowTinyLFUReplacement: ReplacementPolicy {
    private enum Place: UInt8, Sendable {
        case nowhere, window, probation, protected
    }

    private let windowMax: Int
    private let mainMax: Int
    private let protectedMax: Int
    private var sketch: FrequencySketch
    private var lists: ChunkLists
    private var places: [Place]
    private var window = ChunkLists.List()
    private var probation = ChunkLists.List()
    private var protected = ChunkLists.List()

    /// - Parameter share: of the capacity, for the window.
    init(capacity: Int, chunks: Int, window share: Double) {
        windowMax = max(1, Int(Double(capacity) * share))
        mainMax = capacity - windowMax
        protectedMax = mainMax * 4 / 5
        sketch = FrequencySketch(capacity: capacity)
        lists = ChunkLists(chunks: chunks)
        places = Array(repeating: .nowhere, count: chunks)
    }

    mutating func access(_ chunk: Int32) -> Bool {
        sketch.note(chunk)
        switch places[Int(chunk)] {
        case .window:
            lists.moveToBack(chunk, of: &window)
            return true
        case .protected:
            lists.moveToBack(chunk, of: &protected)
            return true
        case .probation:
            promote(chunk)
            return true
        case .nowhere:
            lists.append(chunk, to: &window)
            places[Int(chunk)] = .window
            if window.count > windowMax { leaveWindow() }
            return false
        }
    }

    private mutating func promote(_ chunk: Int32) {
        guard protectedMax > 0 else { return lists.moveToBack(chunk, of: &probation) }
        lists.remove(chunk, from: &probation)
        lists.append(chunk, to: &protected)
        places[Int(chunk)] = .protected
        guard protected.count > protectedMax else { return }
        let demoted = lists.removeFirst(of: &protected)
        lists.append(demoted, to: &probation)
        places[Int(demoted)] = .probation
    }

    private mutating func leaveWindow() {
        let candidate = lists.removeFirst(of: &window)
        places[Int(candidate)] = .nowhere
        guard mainMax > 0 else { return }
        if probation.count + protected.count >= mainMax {
            // Never empty: the protected part is smaller than the main part.
            let victim = probation.first
            guard sketch.frequency(candidate) > sketch.frequency(victim) else { return }
            lists.remove(victim, from: &probation)
            places[Int(victim)] = .nowhere
        }
        lists.append(candidate, to: &probation)
        places[Int(candidate)] = .probation
    }
}
