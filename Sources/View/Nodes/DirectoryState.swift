import Model

/// What is known of the inside of a folder.
struct DirectoryState: Sendable {
    enum Knowledge: Sendable {
        /// The index has not been asked yet.
        case unread
        /// Some names, from lookups.
        case partial
        /// All names, as of `validity`.
        case complete
    }

    /// A name of a listing with all that `readdir` shows of it: whoever reads a listing needs no node for it.
    struct Entry: Sendable, Hashable {
        var name: Name
        /// ``NodeID/none`` where the share gave nothing but the name. The node may have been forgotten since.
        var node: NodeID
        var inode: UInt64
        /// `DT_…`, 0 if unknown.
        var type: UInt8

        init(name: Name, node: NodeID, _ attributes: FileAttributes) {
            self.name = name
            self.node = node
            inode = attributes.inode
            type = attributes.directoryEntryType
        }

        var isDirectory: Bool { UInt32(type) << 12 == FileKind.directory.rawValue }
    }

    /// Names looked up in vain that are remembered per folder.
    static let absentMax = 1024

    var knowledge = Knowledge.unread
    var children: [Name: NodeID] = [:]
    /// The listing in the share's order; a handle that reads it keeps its own copy (copy on write).
    var order: [Entry] = []
    /// Moves when names get other places in `order`, and `version` with it: two listings with one number agree in all places
    /// that both have.
    private(set) var arrangement: UInt32 = 0
    /// The last number that was given to a listing, whether it is `order` or not.
    private var arrangements: UInt32 = 0
    /// Names in `order` of which no attributes are known: the share gave none when it was listed, and none since, or they
    /// were forgotten. They are shown as names, and whoever looks one up gets the share's own answer.
    var nameOnly: Set<Name> = []
    /// Names in `children` that are not in `order`: the share told of each by itself, and no listing has had them yet.
    var unlisted: Set<Name> = []
    /// Listings from before `order` was rearranged, while somebody has the folder open, the last one first: the kernel may show
    /// what it has of them to whoever opens the folder now, and ask for the rest.
    private(set) var formers: [ListingSnapshot] = []
    private static let formersMax = 16
    /// Names in these together; the last one is kept in any case.
    private static let formerNamesMax = 65_536
    /// Of the listing.
    var validity = Validity(since: .zero, ttl: .zero)
    /// Of the names alone, where the share has said since that the folder is as it was when it was listed.
    var confirmed: Validity?
    /// A name that the share, or a listing, said does not exist.
    struct Absence: Sendable, Hashable {
        /// Of the answer; counts while `knowledge` is partial.
        var validity: Validity
        /// Until when the kernel may believe it (monotonic).
        var believedUntil: Duration
    }

    /// Names that were looked up in vain.
    private(set) var absent: [Name: Absence] = [:]
    /// What the share has shown of names in another case, here.
    var caseFindings: CaseFindings = []
    /// A name that was there while another spelling of it was not, by which `caseFindings` say that case counts. Once it is gone
    /// that may have been said of a folder that lacked both.
    var caseWitness: Name?
    /// Spellings of which the share has shown that they are this name's, where `caseFindings` do not say so.
    private(set) var shownSpellings: [Name: Name] = [:]
    private static let shownSpellingsMax = 256
    /// Of `children` and `nameOnly`; nil until a name is looked for in vain.
    private var spellings: SpellingIndex?
    /// Modification time of the folder when it was listed.
    var listedAt = Timestamp(seconds: 0)
    /// Counts listings that differed; the kernel's cached listing is dropped when it moves.
    var version: UInt64 = 0
    /// `version` that the kernel may have cached.
    var versionInKernel: UInt64?
    /// Lookups that found nothing cached, since the last listing.
    var coldLookups = 0
    /// Lookups that found an aging entry, since the last listing.
    var agingLookups = 0
    /// For trimming: larger is later.
    var lastUse: UInt64 = 0
    /// What is known of it nobody has asked for: it is the first to go.
    var isCatalogued = false
    /// Names in `order` that were taken away through the view since; they stay in their places, which open
    /// handles count by.
    var removedNames: Set<Name> = []
    /// The index has no listing that lacks a change made through the view.
    var isStoredListingGone = false
    /// When the listing was stored anew because more was learned of what is in it; nil: not yet.
    var lastStored: Duration?
    /// More is known than was stored.
    var hasUnstored = false
    /// Names were changed through the view since the last listing.
    var hasOwnChanges = false
    /// Counts names that were changed through the view, also while nothing is known of the folder's inside.
    var ownChanges: UInt64 = 0
    /// Somebody had to wait for the ACL of something in it.
    var isAskedForLists = false
    /// How long the last listing took; large folders are not listed again all the time.
    var listingCost = Duration.zero
    /// What is in it was given back, and what the kernel still refers to goes when it does so no more.
    var isForgotten = false
    /// It was said in the log that entries of this folder were left out.
    var isRefusalSaid = false

    /// For how long the names may be believed.
    var namesValidity: Validity {
        guard validity.ttl > .zero, let confirmed, confirmed.since > validity.since else {
            return validity
        }
        return confirmed
    }

    mutating func noteShown(_ spelling: Name, of listed: Name) {
        // The kernel looks for a name before whatever is done to it, so that the last ones are those that count.
        if shownSpellings.count >= Self.shownSpellingsMax { shownSpellings = [:] }
        shownSpellings[spelling] = listed
    }

    /// What was known of other spellings was not so, or is not any more.
    mutating func forgetCase() {
        caseFindings = []
        shownSpellings = [:]
    }

    /// Whether `order` has a place for the name already.
    func lists(_ name: Name) -> Bool {
        (children[name] != nil && !unlisted.contains(name)) || removedNames.contains(name)
            || nameOnly.contains(name)
    }

    /// The share has told of a name that leads to another node than before, or to one at all.
    ///
    /// - Parameter isListed: what ``lists(_:)`` said before.
    mutating func learned(_ name: Name, _ node: NodeID, isListed: Bool) {
        children[name] = node
        noteSpelling(name)
        removedNames.remove(name)
        if knowledge == .complete, !isListed { unlisted.insert(name) }
    }

    /// A name leads nowhere any more, by what the share has said.
    mutating func lost(_ name: Name) {
        children[name] = nil
        forgetWitness(name)
        if unlisted.remove(name) == nil, knowledge == .complete { removedNames.insert(name) }
    }

    /// The share has a file of this name.
    mutating func found(_ name: Name) {
        forgetAbsent(name)
        removedNames.remove(name)
        if !nameOnly.isEmpty { nameOnly.remove(name) }
    }

    /// A name came by way of the view.
    ///
    /// - Parameter isListed: what ``lists(_:)`` said before.
    mutating func added(_ entry: Entry, isListed: Bool) {
        children[entry.name] = entry.node
        noteSpelling(entry.name)
        found(entry.name)
        unlisted.remove(entry.name)
        version += 1
        ownChanges += 1
        hasOwnChanges = true
        if knowledge == .complete, !isListed { order.append(entry) }
    }

    /// A name went by way of the view.
    mutating func removed(_ name: Name) {
        children[name] = nil
        forgetWitness(name)
        version += 1
        ownChanges += 1
        hasOwnChanges = true
        guard unlisted.remove(name) == nil, knowledge == .complete else { return }
        removedNames.insert(name)
        guard removedNames.count > max(64, order.count / 2) else { return }
        keep(snapshot)
        order.removeAll { removedNames.contains($0.name) }
        removedNames.removeAll()
        rearranged()
    }

    /// Takes in a listing that was made anew.
    mutating func list(_ names: [Entry]) {
        let isContinued =
            names.count >= order.count && zip(order, names).allSatisfy { $0.name == $1.name }
        if !isContinued {
            keep(snapshot)
            rearranged()
        }
        order = names
        spellings = nil
    }

    private mutating func rearranged() {
        arrangement = nextArrangement()
    }

    /// Somebody may be in the midst of a listing that is another by now.
    mutating func keep(_ former: ListingSnapshot) {
        var left = Self.formerNamesMax
        formers = ([former] + formers).prefix(Self.formersMax).filter { kept in
            left -= kept.entries.count
            return left >= 0 || kept.arrangement == former.arrangement
        }
    }

    /// Nobody has the folder open.
    mutating func forgetFormers() { formers = [] }

    /// A number for a listing that does not become `order`.
    mutating func nextArrangement() -> UInt32 {
        arrangements &+= 1
        return arrangements
    }

    /// Nothing is known of the names any more, and what comes is not the listing of before.
    mutating func follow(_ forgotten: DirectoryState) {
        version = forgotten.version + 1
        formers = forgotten.formers
        if !forgotten.order.isEmpty { keep(forgotten.snapshot) }
        arrangements = forgotten.arrangements
        caseFindings = forgotten.caseFindings
        caseWitness = forgotten.caseWitness
        rearranged()
    }

    /// - Parameters:
    ///   - end: until when the kernel may be told to believe it.
    /// - Returns: false where there is no room for more names of which the kernel has been told. It must not believe this one
    ///   then: nobody could tell it that another spelling of the name was made.
    @discardableResult
    mutating func rememberAbsent(
        _ name: Name, _ validity: Validity, believedUntil end: Duration, at now: Duration
    ) -> Bool {
        // Its place in `order` stays.
        if !nameOnly.isEmpty, nameOnly.remove(name) != nil { removedNames.insert(name) }
        if absent.count >= Self.absentMax, absent[name] == nil {
            let heedsCase = caseFindings.heedsCase(isLatin: true)
            absent = heedsCase ? [:] : absent.filter { $0.value.believedUntil > now }
            guard absent.count < Self.absentMax else { return false }
        }
        absent[name] = Absence(validity: validity, believedUntil: end)
        return true
    }

    /// Something may have the name.
    mutating func forgetAbsent(_ name: Name) { absent[name] = nil }

    /// Any of the names that were looked up in vain may have come. What the kernel believes is remembered all the same.
    mutating func doubtAbsent() {
        for name in absent.keys { absent[name]?.validity.ttl = .zero }
    }

    /// All names are known by now.
    mutating func settleAbsent(at now: Duration) {
        if !absent.isEmpty { absent = absent.filter { $0.value.believedUntil > now } }
    }

    // MARK: - Spellings

    /// Names of the folder, listed or not, that differ from this one in case alone.
    mutating func otherSpellings(of name: Name) -> [Name] {
        guard !children.isEmpty || !nameOnly.isEmpty else { return [] }
        var index = spellings
        spellings = nil
        let used =
            index.take()
            ?? SpellingIndex(
                [children.keys.map { $0 }, Array(nameOnly)].joined(),
                capacity: children.count + nameOnly.count)
        defer { spellings = used }
        return used.others(than: name).filter { children[$0] != nil || nameOnly.contains($0) }
    }

    private mutating func forgetWitness(_ name: Name) {
        guard caseWitness == name else { return }
        caseWitness = nil
        caseFindings.subtract([.latinCounts, .otherCounts])
    }

    mutating func noteSpelling(_ name: Name) {
        guard let count = spellings?.count else { return }
        // Most of it are names that are gone.
        guard count <= 2 * (children.count + nameOnly.count) + 64 else {
            spellings = nil
            return
        }
        spellings?.insert(name)
    }
}
