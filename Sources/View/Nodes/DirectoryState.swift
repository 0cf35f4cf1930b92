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

    struct Entry: Sendable, Hashable {
        var name: Name
        var node: NodeID
    }

    /// Names looked up in vain that are remembered per folder.
    static let absentMax = 1024

    var knowledge = Knowledge.unread
    var children: [Name: NodeID] = [:]
    /// The listing in the share's order; a handle that reads it keeps its own copy (copy on write).
    var order: [Entry] = []
    /// Of the listing.
    var validity = Validity(since: .zero, ttl: .zero)
    /// Names that the share said do not exist, while `knowledge` is partial.
    var absent: [Name: Validity] = [:]
    /// Modification time of the folder when it was listed.
    var listedAt = Timestamp(seconds: 0)
    /// Counts listings that differed; the kernel's cached listing is dropped when it moves.
    var version: UInt64 = 0
    /// `version` that the kernel may have cached.
    var versionInKernel: UInt64?
    var isBeingListed = false
    /// Lookups that found nothing cached, since the last listing.
    var coldLookups = 0
    /// Lookups that found an aging entry, since the last listing.
    var agingLookups = 0
    /// For trimming: larger is later.
    var lastUse: UInt64 = 0
    /// How long the last listing took; large folders are not listed again all the time.
    var listingCost = Duration.zero

    mutating func rememberAbsent(_ name: Name, _ validity: Validity) {
        if absent.count >= Self.absentMax { absent.removeAll(keepingCapacity: true) }
        absent[name] = validity
    }
}
