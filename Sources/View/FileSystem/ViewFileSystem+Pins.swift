public import Model
public import Tiers

/// What people want to keep on the disk, whatever else is read.
extension ViewFileSystem {
    /// With the bytes that each was said to hold; sorted by path.
    public var pins: [(path: RelativePath, bytes: Int64)] { disk?.pins.all ?? [] }

    /// nil without a disk tier.
    public var pinProgress: PinProgress? { pinFetcher?.progress }

    /// Has a file, or a folder with all below it, now or later, brought into the disk tier and kept there. Waits for the cache's disk, not
    /// for the share.
    ///
    /// - Parameter bytes: of what is there now.
    /// - Returns: false where it was pinned itself; nil without a disk tier. What it lacks is brought in either case.
    public func pin(_ path: RelativePath, bytes: Int64) throws(PinTable.Failure) -> Bool? {
        guard let disk else { return nil }
        let isNew = try disk.pin(path, bytes: bytes)
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
