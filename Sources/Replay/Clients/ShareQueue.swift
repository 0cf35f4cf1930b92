/// The modelled share of the client model: lanes, a link that requests share first come first served, and two queues.
///
/// Demand goes before what is fetched ahead, and an eighth of the lanes, at least one, is always left to it; what is fetched ahead
/// goes by when it is due. A request takes one round trip, one more if the share has not opened its file yet, and then its
/// turn on the link: behind those whose first byte came sooner, and not behind one whose file is still being opened.
struct ShareQueue: Sendable {
    static let none: Int32 = -1

    struct Request: Sendable {
        var file: Int
        var blocks: Range<Int>
        var bytes: Int64
        /// The prediction that it belongs to; 0 for none.
        var prediction: UInt64
        /// When it will be wanted: the order among what is fetched ahead.
        var due: Duration
        /// Readers that wait for it.
        var waiters: [Int32] = []
        fileprivate var state = State.waiting
        /// Places in queues that still name it.
        fileprivate var entries = 1
        /// Started as a prefetch, not for somebody who waits.
        fileprivate var isAhead = false

        init(
            file: Int, blocks: Range<Int>, bytes: Int64, prediction: UInt64, due: Duration = .zero
        ) {
            self.file = file
            self.blocks = blocks
            self.bytes = bytes
            self.prediction = prediction
            self.due = due
        }
    }

    fileprivate enum State: Sendable {
        case waiting, underway, ended
    }

    private let share: ShareModel
    private var requests: [Request] = []
    private var free: [Int32] = []
    private var demand = Queue()
    private var ahead = Queue()
    private var lanesTaken = 0
    private let lanesAheadMax: Int
    /// Of requests under way that were started for predictions.
    private var lanesAhead = 0
    private var bytesUnderWay: Int64 = 0
    /// Bytes of large reads under way, at most; one may always be.
    var bytesAheadMax = Int.max
    /// Reads that somebody waits for, and that are never held back because large ones are under way.
    static let smallBytes: Int64 = 128 << 10
    /// When the link has carried all that was started.
    private var linkFree: Int64 = 0
    /// When the share has opened a file; nil: nobody asked for it yet.
    private var opened: [Int64?]
    /// Bytes of all requests that were started, and of those for predictions.
    private(set) var bytesFetched: Int64 = 0
    private(set) var bytesAhead: Int64 = 0

    init(_ share: ShareModel, files: Int) {
        self.share = share
        lanesAheadMax = share.lanes - max(1, share.lanes / 8)
        opened = Array(repeating: nil, count: files)
    }

    subscript(id: Int32) -> Request {
        get { requests[Int(id)] }
        _modify { yield &requests[Int(id)] }
    }

    /// - Returns: the request's number, which is used again after ``finish(_:)`` or ``cancel(_:)``.
    mutating func add(_ request: Request) -> Int32 {
        let id: Int32
        if let known = free.popLast() {
            id = known
            requests[Int(id)] = request
        } else {
            id = Int32(requests.count)
            requests.append(request)
        }
        if request.prediction == 0 {
            demand.append(id)
        } else {
            ahead.insert(id) { requests[Int($0)].due <= request.due }
        }
        return id
    }

    /// Somebody waits for what was to be fetched ahead: if it waits itself, it goes with the demand.
    mutating func promote(_ id: Int32) {
        guard requests[Int(id)].state == .waiting, requests[Int(id)].prediction != 0,
            requests[Int(id)].entries == 1
        else { return }
        requests[Int(id)].entries += 1
        demand.append(id)
    }

    /// - Returns: false if it has begun, or somebody waits for it.
    mutating func cancel(_ id: Int32) -> Bool {
        guard requests[Int(id)].state == .waiting, requests[Int(id)].waiters.isEmpty else {
            return false
        }
        requests[Int(id)].state = .ended
        return true
    }

    /// Starts the next request if there is a lane for it. - Returns: it, and when its first byte is there to be carried.
    mutating func startNext(at now: Int64) -> (Int32, Int64)? {
        guard lanesTaken < share.lanes else { return nil }
        // The first large one that finds no room keeps what comes free until there is enough.
        var isRoomTaken = false
        if let id = take(\.demand, smallBytes: Self.smallBytes, &isRoomTaken) {
            return (id, begin(id, now))
        }
        guard lanesAhead < lanesAheadMax, let id = take(\.ahead, smallBytes: 0, &isRoomTaken) else {
            return nil
        }
        lanesAhead += 1
        requests[Int(id)].isAhead = true
        return (id, begin(id, now))
    }

    /// The first byte of a request can be carried: its turn on the link comes. - Returns: when its last one has come.
    mutating func carry(_ id: Int32, at now: Int64) -> Int64 {
        linkFree = share.end(of: requests[Int(id)].bytes, from: max(linkFree, now))
        return linkFree
    }

    /// All bytes of a request have come. - Returns: it as it was.
    mutating func finish(_ id: Int32) -> Request {
        lanesTaken -= 1
        bytesUnderWay -= requests[Int(id)].bytes
        if requests[Int(id)].isAhead { lanesAhead -= 1 }
        requests[Int(id)].state = .ended
        let request = requests[Int(id)]
        release(id)
        return request
    }

    private mutating func begin(_ id: Int32, _ now: Int64) -> Int64 {
        lanesTaken += 1
        requests[Int(id)].state = .underway
        let request = requests[Int(id)]
        bytesUnderWay += request.bytes
        bytesFetched += request.bytes
        if request.prediction != 0 { bytesAhead += request.bytes }
        let roundTrip = share.roundTrip(at: now)
        let ready = opened[request.file] ?? now + roundTrip
        opened[request.file] = ready
        return max(now, ready) + roundTrip
    }

    /// Whether the share has the file open, so that a request takes one round trip and not two.
    func isOpen(_ file: Int, at now: Int64) -> Bool { opened[file].map { $0 <= now } ?? false }

    /// When the share has a file open that somebody asks for now.
    func opening(of file: Int, at now: Int64) -> Int64 {
        opened[file] ?? now + share.roundTrip(at: now)
    }

    /// The next that still waits and is let through by itself, or by what is under way; ended ones are let go of on the way.
    private mutating func take(
        _ queue: WritableKeyPath<Self, Queue>, smallBytes: Int64, _ isRoomTaken: inout Bool
    ) -> Int32? {
        while let id = self[keyPath: queue].first, requests[Int(id)].state != .waiting {
            _ = self[keyPath: queue].popFirst()
            requests[Int(id)].entries -= 1
            release(id)
        }
        let place = self[keyPath: queue].firstPlace { id in
            let request = requests[Int(id)]
            guard request.state == .waiting else { return false }
            if request.bytes <= smallBytes { return true }
            if isRoomTaken { return false }
            isRoomTaken = bytesUnderWay > 0 && bytesUnderWay + request.bytes > bytesAheadMax
            return !isRoomTaken
        }
        let found = place.flatMap { self[keyPath: queue].remove(at: $0) }
        if let found { requests[Int(found)].entries -= 1 }
        return found
    }

    private mutating func release(_ id: Int32) {
        guard requests[Int(id)].state == .ended, requests[Int(id)].entries == 0 else { return }
        free.append(id)
    }
}

/// Numbers, first in first out.
private struct Queue: Sendable {
    private var items: [Int32] = []
    private var start = 0

    var first: Int32? { start < items.count ? items[start] : nil }

    mutating func append(_ item: Int32) { items.append(item) }

    /// Puts it behind the last of those that go before it.
    mutating func insert(_ item: Int32, behind goesBefore: (Int32) -> Bool) {
        var place = items.count
        while place > start, !goesBefore(items[place - 1]) { place -= 1 }
        items.insert(item, at: place)
    }

    func firstPlace(where isLetThrough: (Int32) -> Bool) -> Int? {
        items[start...].firstIndex(where: isLetThrough)
    }

    mutating func remove(at place: Int) -> Int32? {
        place == start ? popFirst() : items.remove(at: place)
    }

    mutating func popFirst() -> Int32? {
        guard let first else { return nil }
        start += 1
        if start == items.count {
            items.removeAll(keepingCapacity: true)
            start = 0
        } else if start >= 4096, start * 2 > items.count {
            items.removeFirst(start)
            start = 0
        }
        return first
    }
}
