import Model
import Share
import Tiers

extension NodeTable {
    /// What a change means for others: for the kernel's caches, and for versions that nobody will read again.
    struct Effects: Sendable {
        enum Notice: Sendable, Hashable {
            /// Contents or attributes changed: page cache and attributes go.
            case inode(NodeID)
            /// Attributes changed, and nothing else. The kernel waits for nothing to take it in.
            case attributes(NodeID)
            /// As ``inode(_:)``, of the pages that touch these bytes.
            case pages(NodeID, Range<Int64>)
            /// The name means something else now, or nothing.
            case entry(parent: NodeID, name: Name)
        }

        var notices: [Notice] = []
        /// What is changed by way of another node: its attributes go before that is answered.
        var distrusted: [NodeID] = []
        var dropped: [CachedFile] = []
        /// Paths of folders that went away or were replaced.
        var staleDirectories: [RelativePath] = []
        /// Paths of folders that may have been replaced: what is open of them is opened anew.
        var doubtfulDirectories: [RelativePath] = []
        /// Versions that the view has overwritten; true: somebody reads on from the same open file.
        var superseded: [(file: CachedFile, keepsSource: Bool)] = []
        /// Files that nobody reads any more.
        var closed: [ShareFile] = []
        /// Folders whose listing in the index lacks what was changed through the view.
        var unstored: [RelativePath] = []
        /// Inode numbers of files that were changed by one of several names; nil: of any file.
        var changedLinks: [UInt64?] = []
        /// All that the share has shown of names in another case, where that is more than before.
        var caseFindings: CaseFindings?
        /// What the kernel is asked to give up, so that it can be forgotten.
        var recalled: [Recalled] = []
        /// Memory of many nodes was freed, and may be given back.
        var isMuchFree = false
    }
}

extension NodeTable.Effects {
    mutating func append(_ more: NodeTable.Effects) {
        notices.append(contentsOf: more.notices)
        distrusted.append(contentsOf: more.distrusted)
        dropped.append(contentsOf: more.dropped)
        staleDirectories.append(contentsOf: more.staleDirectories)
        doubtfulDirectories.append(contentsOf: more.doubtfulDirectories)
        superseded.append(contentsOf: more.superseded)
        closed.append(contentsOf: more.closed)
        unstored.append(contentsOf: more.unstored)
        changedLinks.append(contentsOf: more.changedLinks)
        recalled.append(contentsOf: more.recalled)
        caseFindings = more.caseFindings ?? caseFindings
        isMuchFree = isMuchFree || more.isMuchFree
    }
}
