import Model
import Tiers

/// Number of a node, as the kernel sees it. Slot in the low half, generation in the high half: a number is
/// never used for two files in one mount.
struct NodeID: Hashable, Sendable {
    var raw: UInt64

    /// FUSE_ROOT_ID.
    static let root = NodeID(raw: 1)
    /// No node: the kernel takes it for a name of which nothing more is known.
    static let none = NodeID(raw: 0)

    init(raw: UInt64) {
        self.raw = raw
    }

    init(slot: UInt32, generation: UInt32) {
        raw = UInt64(generation) << 32 | UInt64(slot)
    }

    var slot: Int { Int(UInt32(truncatingIfNeeded: raw)) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: raw >> 32) }
}

/// A file, folder or link of the share that the view knows: from a lookup, or from a listing that brought it.
///
/// About 200 bytes and its name; docs/PERFORMANCE.md has the measured figure per known file.
struct Node: Sendable {
    struct Place: Sendable, Hashable {
        var parent: NodeID
        var name: Name
    }

    /// Where it was found last. Hard links have one node and the further places in `NodeTable`.
    var place: Place
    var attributes: FileAttributes
    /// When the share last said so.
    var validity: Validity
    /// References that the kernel holds.
    var lookups: UInt64 = 0
    var opens: UInt32 = 0
    /// When the share said first that it has this version.
    var seenAt: CoarseTime
    /// Likewise, of its change time: with that go its extended attributes.
    var changedSeenAt: CoarseTime
    /// Until when the kernel was told to believe what the name at `place` leads to, in sixteenths of a second (monotonic).
    var believedUntil: UInt32 = 0
    /// The version that is read now; nil until it is opened.
    var file: CachedFile?
    var linkTarget: [UInt8]?
    /// Counts the versions that were seen, and which of them the kernel's pages are of: an open that finds the two
    /// apart makes the kernel drop its pages. The invalidator does too, but may come after that open.
    var version: UInt32 = 0
    var versionInKernel: UInt32 = 0
    /// No name leads here any more; kept while the kernel or a handle refers to it.
    var isDetached = false
    /// Changed through the view since the share was asked last: size is known, times and the rest are not.
    var attributesAreStale = false
    /// Owner, group or mode are being changed through the view: who finds them changed sees no other's doing.
    var changesRights = false
    /// Extended attributes that it is known not to have, or to be unable to have, while its change time holds.
    var attributesAbsent: AttributeKnowledge.Common = []
    var attributesUnsupported: AttributeKnowledge.Common = []
    /// Of these, what was learned so soon after the change time that it may have changed since without that.
    var attributesUnproven: AttributeKnowledge.Common = []

    init(place: Place, attributes: FileAttributes, validity: Validity, lookups: UInt64 = 0) {
        self.place = place
        self.attributes = attributes
        self.validity = validity
        self.lookups = lookups
        seenAt = CoarseTime(validity.since)
        changedSeenAt = seenAt
    }

    /// For how long the version has been known.
    func seenFor(at now: Duration) -> Duration { seenAt.elapsed(at: now) }
}

/// A monotonic time in four bytes, to a tenth of a second. After 6.8 years what was long ago is taken for now, once and for
/// a moment.
struct CoarseTime: Sendable {
    private var tenths: UInt32

    init(_ time: Duration) {
        tenths = Self.tenths(time)
    }

    /// Never more than has passed.
    func elapsed(at now: Duration) -> Duration {
        let passed = Int32(bitPattern: Self.tenths(now) &- tenths)
        return .milliseconds(100) * Int(max(1, passed) - 1)
    }

    private static func tenths(_ time: Duration) -> UInt32 {
        UInt32(truncatingIfNeeded: Int64(time / .milliseconds(100)))
    }
}
