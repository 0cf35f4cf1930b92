public import Model
public import Tiers

/// What people want to keep on the disk, whatever else is read.
extension ViewFileSystem {
    /// Sorted by path.
    public var pins: [PinTable.Pin] { disk?.pins.all ?? [] }

    /// nil without a disk tier.
    public var pinProgress: PinProgress? { pinFetcher?.progress }

    /// Has a file, or a folder with all below it, now or later, brought into the disk tier and kept there. Waits for the cache's disk, not
    /// for the share.
    ///
    /// - Parameters:
    ///   - bytes: of what is there now.
    ///   - priority: nil: as it was; medium, where it was not pinned.
    /// - Returns: false where it was pinned itself, with this priority; nil without a disk tier. What it lacks is brought in either case.
    public func pin(
        _ path: RelativePath, bytes: Int64, priority: PinPriority? = nil
    ) throws(PinTable.Failure) -> Bool? {
        guard let disk else { return nil }
        let isNew = try disk.pin(path, bytes: bytes, priority: priority)
        pinFetcher?.pinsChanged()
        return isNew
    }

    /// - Returns: what was pinned of `path` and below it.
    public func unpin(_ path: RelativePath) throws(PinTable.Failure) -> [RelativePath] {
        let removed = try disk?.unpin(path) ?? []
        if !removed.isEmpty { pinFetcher?.pinsChanged() }
        return removed
    }
}
