/// The cache of the page model: 4 KiB pages, least recently used first to go, and what is counted on the way.
///
/// Prefetched pages enter as if just used and are moved only when they are read. A page counts as *used* at its
/// first read after it was fetched ahead.
struct PageCache: Sendable {
    static let pageSize: Int64 = 4096
    /// A key is the file in the upper bits and the page below.
    static let pageBits = 40
    /// A first use sooner than this after the prefetch came too early for a share: nanoseconds.
    static let lateBelow: Int64 = 10_000_000

    enum Outcome: Sendable {
        case hit
        /// The first read of a page that was fetched ahead.
        case firstUse
        case miss
    }

    private struct Node: Sendable {
        var key: Int
        /// When it was fetched ahead; ``PageCache/notAhead`` once it has been read.
        var issued: Int64
        var previous: Int32
        var next: Int32
    }

    private static let notAhead = Int64.min

    let capacity: Int
    private var table: PositionTable
    private var nodes: [Node] = []
    private var first = PositionTable.none
    private var last = PositionTable.none
    private(set) var counts = PageCounts()
    /// Whether evicted pages that nobody read are noted in ``lost``.
    var notesLost = false
    /// Runs of pages that were fetched ahead and evicted unread, since they were last taken.
    private(set) var lost: [LostRun] = []

    struct LostRun: Sendable {
        var file: Int
        var pages: Range<Int>
    }

    /// - Parameter capacity: pages, at least 1.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
        table = PositionTable(capacity: self.capacity)
        nodes.reserveCapacity(self.capacity)
    }

    @inline(__always)
    static func key(_ file: Int, _ page: Int) -> Int { file << pageBits | page }

    func contains(_ file: Int, _ page: Int) -> Bool {
        table.find(Self.key(file, page)) != PositionTable.none
    }

    /// Somebody reads a page now.
    mutating func read(_ file: Int, _ page: Int, at now: Int64) -> Outcome {
        let key = Self.key(file, page)
        let place = table.find(key)
        counts.pages += 1
        guard place != PositionTable.none else {
            counts.missPages += 1
            insert(key, issued: Self.notAhead)
            return .miss
        }
        let issued = nodes[Int(place)].issued
        moveToBack(place)
        guard issued != Self.notAhead else { return .hit }
        nodes[Int(place)].issued = Self.notAhead
        counts.usedPages += 1
        let early = now - issued
        if early < Self.lateBelow {
            counts.latePages += 1
            counts.waitMax = max(counts.waitMax, Self.lateBelow - early)
        }
        return .firstUse
    }

    /// Fetches a page ahead. - Returns: false if it is there already.
    mutating func fetchAhead(_ file: Int, _ page: Int, at now: Int64) -> Bool {
        let key = Self.key(file, page)
        guard table.find(key) == PositionTable.none else { return false }
        counts.issuedPages += 1
        insert(key, issued: now)
        return true
    }

    /// Fetches what is missing of `pages`. - Returns: how many were.
    @discardableResult
    mutating func fetchAhead(_ file: Int, _ pages: Range<Int>, at now: Int64) -> Int {
        var fetched = 0
        var runIsOpen = false
        for page in pages {
            if fetchAhead(file, page, at: now) {
                fetched += 1
                if !runIsOpen { counts.prefetches += 1 }
                runIsOpen = true
            } else {
                runIsOpen = false
            }
        }
        return fetched
    }

    mutating func takeLost() -> [LostRun] {
        defer { lost.removeAll(keepingCapacity: true) }
        return lost
    }

    /// Reads all pages of a request, counting it as one.
    ///
    /// - Parameter outcomes: filled with what happened, page by page.
    mutating func read(_ request: PageRequest, outcomes: inout [Outcome]) {
        outcomes.removeAll(keepingCapacity: true)
        var missed = 0
        var runIsOpen = false
        counts.waitMax = 0
        for page in request.pages {
            let outcome = read(request.file, page, at: request.at)
            outcomes.append(outcome)
            if outcome == .miss {
                missed += 1
                if !runIsOpen { counts.demandFetches += 1 }
            }
            runIsOpen = outcome == .miss
        }
        counts.requests += 1
        if missed > 0 { counts.stalled += 1 }
        counts.missedWait += counts.share.wait(forBytes: Int64(missed) * Self.pageSize, missed > 0)
        if missed == 0 { counts.lateWait += counts.waitMax }
    }

    mutating func setShare(_ share: ShareModel) { counts.share = share }

    // MARK: The list, least recently used first

    private mutating func insert(_ key: Int, issued: Int64) {
        let place: Int32
        if nodes.count < capacity {
            place = Int32(nodes.count)
            nodes.append(Node(key: key, issued: issued, previous: last, next: PositionTable.none))
            if last == PositionTable.none { first = place } else { nodes[Int(last)].next = place }
            last = place
        } else {
            place = first
            evict(nodes[Int(place)])
            nodes[Int(place)].key = key
            nodes[Int(place)].issued = issued
            moveToBack(place)
        }
        table.insert(key, place: place)
    }

    private mutating func evict(_ node: Node) {
        table.remove(node.key)
        guard node.issued != Self.notAhead else { return }
        counts.unusedPages += 1
        guard notesLost else { return }
        let file = node.key >> Self.pageBits
        let page = node.key & (1 << Self.pageBits - 1)
        if let run = lost.last, run.file == file, run.pages.upperBound == page {
            lost[lost.count - 1].pages = run.pages.lowerBound..<(page + 1)
        } else {
            lost.append(LostRun(file: file, pages: page..<(page + 1)))
        }
    }

    private mutating func moveToBack(_ place: Int32) {
        guard place != last else { return }
        let node = nodes[Int(place)]
        if node.previous == PositionTable.none {
            first = node.next
        } else {
            nodes[Int(node.previous)].next = node.next
        }
        // Not the last, so there is one behind it.
        nodes[Int(node.next)].previous = node.previous
        nodes[Int(last)].next = place
        nodes[Int(place)].previous = last
        nodes[Int(place)].next = PositionTable.none
        last = place
    }
}
