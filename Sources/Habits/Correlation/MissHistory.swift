/// The latest misses in their order, and where in it each key stands: 24 to 44 bytes per miss that is remembered, with 8-byte keys.
///
/// A ring. A miss knows how far back the miss of the same key before it lies, so that the last few occurrences of a key
/// are found without a search.
struct MissHistory<Key: Hashable & Sendable>: Sendable {
    let capacity: Int
    private var keys: [Key] = []
    /// How many misses before this one the same key had its last; 0: none that is known.
    private var distances: [UInt32] = []
    /// Place in the ring of the latest miss of a key.
    private var places: [Key: UInt32] = [:]
    /// Misses so far. The miss of number n is at place n % capacity, while it is among the last `capacity`.
    private(set) var end = 0

    init(capacity: Int) {
        self.capacity = min(max(16, capacity), Int(UInt32.max))
    }

    /// Misses that are remembered.
    var count: Int { keys.count }
    /// Number of the oldest.
    var start: Int { end - keys.count }
    /// Distinct keys among them.
    var distinct: Int { places.count }

    /// - Parameter number: start ..< end.
    subscript(_ number: Int) -> Key { keys[number % capacity] }

    /// Number of the latest miss of a key.
    func latest(of key: Key) -> Int? { places[key].map { number(at: Int($0)) } }

    /// Number of the miss of the same key before miss `number`.
    func previous(of number: Int) -> Int? {
        let distance = Int(distances[number % capacity])
        guard distance > 0, number - distance >= start else { return nil }
        return number - distance
    }

    mutating func append(_ key: Key) {
        let place = end % capacity
        let known = latest(of: key)
        if keys.count == capacity {
            // The oldest makes room. Its key goes from the table unless it has been missed since.
            let oldest = keys[place]
            if places[oldest] == UInt32(place) { places[oldest] = nil }
            keys[place] = key
        } else {
            keys.append(key)
            distances.append(0)
        }
        distances[place] = known.map { UInt32(end - $0) } ?? 0
        places[key] = UInt32(place)
        end += 1
    }

    private func number(at place: Int) -> Int {
        let latest = (end - 1) % capacity
        return end - 1 - (latest - place + (latest < place ? capacity : 0))
    }
}
