/// The modelled share of the client model: lanes, a link that requests share first come first served, and two queues.
///
/// Demand goes before what is fetched ahead, and an eighth of the lanes, at least one, is always left to it. A request takes one round trip, one
/// more if the share has not opened its file yet, and then its turn on the link.
struct ShareQueue: Sendable {
    static let none: Int32 = -1

    struct Request: Sendable {
        var file: Int
        var blocks: Range<Int>
        var bytes: Int64
        /// The prediction that it belongs to; 0 for none.
        var prediction: UInt64
        /// Readers that wait for it.
        var waiters: [Int32] = []
        fileprivate var state = State.waiting
        /// Places in queues that still name it.
        fileprivate var entries = 1
        /// Started as a prefetch, not for somebody who waits.
        fileprivate var isAhead = false

        init(file: Int, blocks: Range<Int>, bytes: Int64, prediction: UInt64) {
            self.file = file
            self.blocks = blocks
            self.bytes = bytes
            self.prediction = prediction
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
    private var bytesOnTheWay: Int64 = 0
    /// Bytes on the way ahead of readers, at most; one request may always be.
    var bytesAheadMax = Int.max
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
        if request.prediction == 0 { demand.append(id) } else { ahead.append(id) }
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

    /// Starts the next request if there is a lane for it. - Returns: it, and when its last byte will come.
    mutating func startNext(at now: Int64) -> (Int32, Int64)? {
        if lanesTaken < share.lanes, let id = pop(\.demand) { return (id, begin(id, now)) }
        guard lanesTaken < share.lanes, lanesAhead < lanesAheadMax, let next = peekAhead(),
            bytesOnTheWay == 0 || bytesOnTheWay + requests[Int(next)].bytes <= bytesAheadMax,
            let id = pop(\.ahead)
        else { return nil }
        lanesAhead += 1
        bytesOnTheWay += requests[Int(id)].bytes
        requests[Int(id)].isAhead = true
        return (id, begin(id, now))
    }

    /// All bytes of a request have come. - Returns: it as it was.
    mutating func finish(_ id: Int32) -> Request {
        lanesTaken -= 1
        if requests[Int(id)].isAhead {
            lanesAhead -= 1
            bytesOnTheWay -= requests[Int(id)].bytes
        }
        requests[Int(id)].state = .ended
        let request = requests[Int(id)]
        release(id)
        return request
    }

    private mutating func begin(_ id: Int32, _ now: Int64) -> Int64 {
        lanesTaken += 1
        requests[Int(id)].state = .underway
        let request = requests[Int(id)]
        let roundTrip = share.roundTrip(at: now)
        let ready = opened[request.file] ?? now + roundTrip
        opened[request.file] = ready
        let firstByte = max(now, ready) + roundTrip
        linkFree = share.end(of: request.bytes, from: max(linkFree, firstByte))
        bytesFetched += request.bytes
        if request.prediction != 0 { bytesAhead += request.bytes }
        return linkFree
    }

    /// Whether the share has the file open, so that a request takes one round trip and not two.
    func isOpen(_ file: Int, at now: Int64) -> Bool { opened[file].map { $0 <= now } ?? false }

    /// The next prefetch that still waits, left in its queue.
    private mutating func peekAhead() -> Int32? {
        while let id = ahead.first {
            if requests[Int(id)].state == .waiting { return id }
            _ = ahead.popFirst()
            requests[Int(id)].entries -= 1
            release(id)
        }
        return nil
    }

    /// The next that still waits; others are let go of on the way.
    private mutating func pop(_ queue: WritableKeyPath<Self, Queue>) -> Int32? {
        while let id = self[keyPath: queue].popFirst() {
            requests[Int(id)].entries -= 1
            if requests[Int(id)].state == .waiting { return id }
            release(id)
        }
        return nil
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
