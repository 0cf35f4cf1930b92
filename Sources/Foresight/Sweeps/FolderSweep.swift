/// Somebody goes through the files of a folder one after the other: in the order of its listing or of its names,
/// forwards or backwards. All are watched at once; the one that holds out counts. Where none does and yet file after file
/// is opened (several workers, an order that only the program knows), the files that were not opened yet are what
/// comes.
struct FolderSweep: Sendable {
    enum Order: Int, Sendable, CaseIterable {
        case listing, listingBackward, name, nameBackward
        /// `cp -r` and others read a listing whole and sort it by inode number.
        case inode
        /// None of these: those that were not opened yet, as they are listed.
        case any

        /// Those that are told by how one file follows the other.
        static let told = allCases.filter { $0 != .any }

        var isBackward: Bool { self == .listingBackward || self == .nameBackward }
        var isByName: Bool { self == .name || self == .nameBackward }

        /// For a person.
        var text: String {
            switch self {
            case .listing: "in listing order"
            case .listingBackward: "backwards through the listing"
            case .name: "in name order"
            case .nameBackward: "backwards by name"
            case .inode: "in the order of inode numbers"
            case .any: "in no order that can be told"
            }
        }
    }

    /// A step of so many files is still going on: several workers, or files that were skipped.
    static let stepMax = 4
    /// Files ahead, at most.
    static let aheadMax = 64
    /// Steps in order before anything is fetched.
    static let runMin = 1
    /// Different files in no order, each within ``anyPause`` of the one before, from which on all the others are expected:
    /// so many, and of a large folder one in ``anyShare``.
    static let anyMin = 8
    static let anyShare = 64
    static let anyPause = Duration.seconds(1)
    /// Of those files that nobody can tell the order of: ahead per file that was opened, and at most.
    static let anyFactor = 4
    static let anyMax = 512
    /// A file that was opened among the last so many is still being read, perhaps by another worker.
    static let recentMax = 8
    /// Steps in order from which on the order is believed although others look unordered.
    static let orderedMin = 4

    let folder: FolderNumber
    private(set) var files: [FileFacts]
    private var byName: [Int] = []
    private var byInode: [Int] = []
    private var rank: [FileNumber: (listing: Int, name: Int, inode: Int)] = [:]
    /// By order: position of the last file, and how many steps in a row went along.
    private var last = [Int](repeating: -1, count: Order.allCases.count)
    private(set) var runs = [Int](repeating: 0, count: Order.allCases.count)
    /// Position up to which (exclusive, along the order) files were requested.
    var requested = [Int](repeating: 0, count: Order.allCases.count)
    var profile = ReadProfile()
    /// The last different files, oldest first.
    private var recent: [FileNumber] = []
    var lastFile: FileNumber? { recent.last }
    /// Different files that were opened in this sweep.
    private var seen: Set<FileNumber> = []
    /// Asked for because they had not been opened, and not opened since: bytes.
    private var askedFor: [FileNumber: Int64] = [:]
    private(set) var askedBytes: Int64 = 0
    var askedFiles: Int { askedFor.count }
    private(set) var lastAt = Duration.zero
    /// Different files that were opened.
    private(set) var visited = 0
    /// In a row, without a pause: see ``anyMin``.
    private var anyRun = 0

    init(_ snapshot: FolderSnapshot) {
        folder = snapshot.number
        files = snapshot.files
        let names = files.indices.sorted {
            files[$0].name.utf8.lexicographicallyPrecedes(files[$1].name.utf8)
        }
        byName = names
        for (place, index) in names.enumerated() { rank[files[index].number] = (index, place, 0) }
        byInode = files.indices.sorted { (files[$0].inode, $0) < (files[$1].inode, $1) }
        for (place, index) in byInode.enumerated() { rank[files[index].number]?.inode = place }
    }

    /// A sweep that came from another folder goes on here.
    mutating func inherit(from other: borrowing FolderSweep, order: Order) {
        profile = other.profile
        for each in Order.allCases {
            runs[each.rawValue] = each == order ? other.runs[each.rawValue] : 0
        }
        lastAt = other.lastAt
        requested[order.rawValue] = 0
        anyRun = order == .any ? other.anyRun : 0
    }

    func contains(_ file: FileNumber) -> Bool { rank[file] != nil }

    func isListed(_ file: FileNumber, behind before: FileNumber) -> Bool {
        guard let here = rank[file], let there = rank[before] else { return false }
        return here.listing == there.listing + 1
    }

    /// Position along an order; backward orders count from the end.
    private func position(_ file: FileNumber, _ order: Order) -> Int? {
        guard let rank = rank[file] else { return nil }
        let place =
            order.isByName ? rank.name : order == .inode ? rank.inode : rank.listing
        return order.isBackward ? files.count - 1 - place : place
    }

    func file(at position: Int, _ order: Order) -> FileFacts {
        let place = order.isBackward ? files.count - 1 - position : position
        if order == .inode { return files[byInode[place]] }
        return files[order.isByName ? byName[place] : place]
    }

    /// A file of this folder was opened. - Returns: whether it is another than before.
    mutating func visit(_ file: FileNumber, at now: Duration) -> Bool {
        guard !recent.contains(file) else { return false }
        recent.append(file)
        if recent.count > Self.recentMax { recent.removeFirst() }
        // A pause ends a sweep of a program, not one of a person who looks at photos.
        let isPaused = now - lastAt > .seconds(60)
        if isPaused {
            seen.removeAll(keepingCapacity: true)
            askedFor.removeAll(keepingCapacity: true)
            askedBytes = 0
            requested[Order.any.rawValue] = 0
        }
        if let bytes = askedFor.removeValue(forKey: file) { askedBytes -= bytes }
        // What was opened before comes again: not somebody who goes through them all.
        let isNew = seen.insert(file).inserted
        anyRun = isNew && now - lastAt <= Self.anyPause ? anyRun + 1 : 1
        lastAt = now
        visited += 1
        for order in Order.told {
            guard let here = position(file, order) else { continue }
            let before = last[order.rawValue]
            let step = here - before
            if isPaused {
                runs[order.rawValue] = 0
                last[order.rawValue] = here
                requested[order.rawValue] = here + 1
            } else if step >= 1, step <= Self.stepMax || here < requested[order.rawValue] {
                if visited > 1 || before >= 0 || runs[order.rawValue] > 0 {
                    // A file that was left out is no step in order, but no contradiction either.
                    runs[order.rawValue] += step == 1 || here < requested[order.rawValue] ? 1 : 0
                }
                last[order.rawValue] = here
            } else if step < 0, step >= -Self.stepMax {
                // Workers overtake each other; somebody who goes the other way will show by the other order's run.
                runs[order.rawValue] -= runs[order.rawValue] > 0 ? 1 : 0
            } else if step != 0 {
                runs[order.rawValue] = 0
                last[order.rawValue] = here
                requested[order.rawValue] = here + 1
            }
            requested[order.rawValue] = max(requested[order.rawValue], last[order.rawValue] + 1)
        }
        return true
    }

    /// The order that is followed; nil while none is.
    var order: Order? {
        var best: Order?
        for order in Order.told where runs[order.rawValue] >= Self.runMin {
            if runs[order.rawValue] > (best.map { runs[$0.rawValue] } ?? 0) { best = order }
        }
        let isOrdered = (best.map { runs[$0.rawValue] } ?? 0) >= Self.orderedMin
        return !isOrdered && anyRun >= max(Self.anyMin, files.count / Self.anyShare) ? .any : best
    }

    /// A file is fetched because it was not opened yet.
    mutating func ask(_ file: FileNumber, bytes: Int64) {
        askedBytes += bytes - (askedFor.updateValue(bytes, forKey: file) ?? 0)
    }

    func isSeen(_ file: FileNumber) -> Bool { seen.contains(file) }

    func position(_ order: Order) -> Int { order == .any ? -1 : last[order.rawValue] }

    /// Steps in a row that went along; without an order, different files in a row.
    func run(_ order: Order) -> Int { order == .any ? anyRun : runs[order.rawValue] }

    /// Files to have ahead: one at the first step, which may be chance; then 8, doubling with each step in order.
    func aheadFiles(_ order: Order) -> Int {
        if order == .any {
            return min(Self.anyMax, Self.anyFactor * anyRun)
        }
        let run = runs[order.rawValue]
        return run <= 1 ? 1 : min(Self.aheadMax, 2 << min(run, 8))
    }

    var confidence: Double {
        guard let order else { return 0 }
        let run = Double(run(order))
        return run / (run + (order == .any ? 2 : 0.4))
    }
}
