import Model
import Platform

/// Descriptors of folders that were used lately, by path. A pure value; guard it with a `Mutex`.
///
/// A folder is opened outside of the lock, and its name may lead to another one before it is kept. So whoever opens one
/// takes a ``Moment`` first, and what was forgotten since is not brought back: it would answer for the new folder.
struct KeptFolders: Sendable {
    struct Folder: Sendable {
        var reference: DescriptorReference
        /// Monotonic.
        var usedAt: Duration
        /// What was found when it was opened; nil where nobody asked.
        var identity: FileIdentity?
    }

    /// Before something is opened.
    struct Moment: Sendable {
        fileprivate var forgotten: UInt64
    }

    private var folders = RecentTable<RelativePath, Folder>(capacity: 1024)
    /// How often something was forgotten.
    private var forgotten: UInt64 = 0

    var moment: Moment { Moment(forgotten: forgotten) }

    /// What is kept, which is used at `now`.
    mutating func use(_ path: RelativePath, at now: Duration) -> Folder? {
        guard var known = folders.value(for: path) else { return nil }
        known.usedAt = now
        _ = folders.insert(known, for: path)
        return known
    }

    /// Keeps a folder that was opened after `moment`, unless anything was forgotten since.
    ///
    /// - Returns: what had to go, for the caller to close outside of its lock.
    mutating func keep(
        _ folder: Folder, at path: RelativePath, openedAfter moment: Moment
    ) -> Folder? {
        moment.forgotten == forgotten ? folders.insert(folder, for: path) : nil
    }

    /// - Returns: what was kept of `path` and of everything below, for the caller to close outside of its lock.
    mutating func forget(below path: RelativePath) -> [Folder] {
        forgotten += 1
        return folders.removeAll { $0.components.starts(with: path.components) }
    }

    /// See ``DescriptorKeeping``. - Returns: for the caller to close outside of its lock.
    mutating func letGoOfUnused(at now: Duration) -> [Folder] {
        folders.removeOldest { count, folder in
            DescriptorKeeping.isSurplus(folderUsedAt: folder.usedAt, of: count, at: now)
        }
    }
}
